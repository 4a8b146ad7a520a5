import { expect } from "@jest/globals";
import { ask, bearer, unknownKey } from "./ask.ts";
import { send } from "./http.ts";
import { proves } from "./proves.ts";
import { createUser, providerKey, shareWorld } from "./world.ts";

const world = shareWorld({ env: { AIBRIDGE_LOG_LEVEL: "debug" } });

/** All lines of a request, once the one with its status is there. */
async function linesOf(wants: Readonly<Record<string, unknown>>) {
  const { process } = world().pair;
  await process.logged(
    (line) =>
      line.status !== undefined &&
      Object.entries(wants).every(([name, value]) => line[name] === value),
  );
  return process.logs.where(wants);
}

proves("door.log-fields", "every line of a request says what and who", async () => {
  const { pair } = world();
  const user = await createUser(pair);
  const answer = await ask(pair.gatewayUrl, "messages", bearer(user.key));
  const requestId = answer.header("x-request-id");
  const lines = await linesOf({ request_id: requestId });
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) {
    expect(line).toMatchObject({ method: "POST", path: "/anthropic/v1/messages" });
  }
  expect(lines.at(-1)).toMatchObject({
    auth_mode: "centralized",
    auth_delegated: false,
    user_id: user.id,
    status: 200,
  });
});

proves("door.log-fields", "a refusal says why in the log", async () => {
  const { pair } = world();
  const answer = await ask(pair.gatewayUrl, "messages", bearer(unknownKey));
  const lines = await linesOf({ request_id: answer.header("x-request-id") });
  expect(lines.at(-1)).toMatchObject({ status: 403, level: "warn", reason: "unauthorized" });
  expect(JSON.stringify(lines)).toContain("unknown key");
});

proves(
  "door.correlation-id",
  "the governance request id is in every line, and goes no further",
  async () => {
    const { pair, upstream } = world();
    const header = "X-Coder-AI-Governance-Request-Id";
    const answer = await ask(pair.gatewayUrl, "messages", [
      ...bearer(pair.apiKey),
      [header, "proxy-request-7"],
    ]);
    const lines = await linesOf({ request_id: answer.header("x-request-id") });
    for (const line of lines) expect(line.aibridgeproxy_id).toBe("proxy-request-7");
    expect(upstream.requests[0]?.header(header)).toEqual([]);
  },
);

proves(
  "door.credential.head",
  "a HEAD without a key is logged at info, a GET at warn",
  async () => {
    const { pair, upstream } = world();
    for (const [method, level] of [
      ["HEAD", "info"],
      ["GET", "warn"],
    ] as const) {
      const answer = await send(`${pair.gatewayUrl}/anthropic/api/hello`, { method });
      expect(answer.status).toBe(400);
      expect(answer.body.length).toBe(method === "HEAD" ? 0 : answer.body.length);
      const lines = await linesOf({ request_id: answer.header("x-request-id") });
      expect(lines.map((line) => line.level)).toEqual([level]);
    }
    expect(upstream.requests).toEqual([]);
  },
);

proves(
  "door.no-key-logged",
  "no key is in any line, at level debug, whatever was asked",
  async () => {
    const { pair } = world();
    const user = await createUser(pair);
    const own = "sk-ant-of-the-user-herself";
    for (const headers of [
      bearer(user.key),
      [["x-api-key", user.key]],
      [
        ["X-Coder-AI-Governance-Token", user.key],
        ["x-api-key", own],
      ],
      [
        ["X-Coder-AI-Gateway-Key", pair.gatewayKey],
        ["X-Coder-AI-Gateway-Source", user.key],
      ],
      bearer(`${user.key}x`),
    ] as const) {
      await ask(pair.gatewayUrl, "messages", headers);
    }
    const inPath = await send(`${pair.gatewayUrl}/anthropic/v1/models?key=${user.key}`, {
      headers: bearer(user.key),
    });
    await linesOf({ request_id: inPath.header("x-request-id") });
    const logged = JSON.stringify(pair.process.logs.all);
    for (const secret of [user.key.slice(11), pair.gatewayKey, pair.ownerKey, providerKey, own]) {
      expect(logged.includes(secret)).toBe(false);
    }
  },
);
