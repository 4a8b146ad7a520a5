import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { runHere, startTestCoderd } from "../test-command.ts";

// A real coderd makes a database first, which takes a while on a busy machine.
jest.setTimeout(60_000);

let coderd: Awaited<ReturnType<typeof startTestCoderd>>;
beforeAll(async () => {
  coderd = await startTestCoderd();
});
afterAll(() => coderd[Symbol.asyncDispose]());

/** Runs a command against the coderd of this file, and returns what it printed. */
async function aibridge(command: string, stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await runHere(command.split(" "), coderd.env, stdin);
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  return stdout;
}

async function aibridgeJson(command: string, stdin?: string) {
  return JSON.parse(await aibridge(`${command} --json`, stdin));
}

async function failure(command: string): Promise<string> {
  const { code, stdout, stderr } = await runHere(command.split(" "), coderd.env);
  expect([code, stdout]).toEqual([1, ""]);
  return stderr;
}

test("a user's key works from its creation to its revocation", async () => {
  const { user } = await aibridgeJson("users create ann --role auditor");
  expect(user).toMatchObject({ username: "ann", role: "USER_ROLE_AUDITOR" });
  const { apiKey, key } = await aibridgeJson("keys create --user ann --name laptop --lifetime 90d");
  expect(key).toMatch(new RegExp(`^${apiKey.id}-[A-Za-z0-9]{22}$`));

  const authorizer = createClient(
    AuthorizerService,
    createGrpcTransport({ baseUrl: coderd.url, interceptors: [asGateway] }),
  );
  const ask = () => authorizer.isAuthorized({ credential: { case: "key", value: key } });
  expect(await ask()).toMatchObject({ ownerId: user.id, username: "ann" });
  // The whole key is accepted as well: its secret is not sent.
  await aibridge(`keys revoke ${key}`);
  await expect(ask()).rejects.toMatchObject({ code: Code.Unauthenticated });
  expect((await aibridgeJson("keys list --user ann")).apiKeys).toEqual([]);
  expect((await aibridgeJson("keys list --user ann --show-revoked")).apiKeys).toHaveLength(1);
});

type Next = Parameters<import("@connectrpc/connect").Interceptor>[0];
const asGateway =
  (next: Next): Next =>
  (request) => {
    request.header.set("authorization", `Bearer ${coderd.gatewayKey}`);
    return next(request);
  };

test("a user is suspended, activated, promoted and deleted, by name or id", async () => {
  const { user } = await aibridgeJson("users create bob");
  const status = async (command: string) => (await aibridgeJson(command)).user;
  expect(await status("users suspend bob")).toMatchObject({ status: "USER_STATUS_SUSPENDED" });
  expect(await status(`users activate ${user.id}`)).toMatchObject({ status: "USER_STATUS_ACTIVE" });
  expect(await status("users set-role bob owner")).toMatchObject({ role: "USER_ROLE_OWNER" });
  expect(await status("users delete bob")).toMatchObject({ status: "USER_STATUS_DELETED" });
  expect(await failure("users get bob")).toBe("aibridge: no such user\n");
  expect(await status(`users get ${user.id}`)).toMatchObject({ username: "bob" });
});

test("people get a table", async () => {
  const lines = (await aibridge("users list")).split("\n");
  expect(lines[0]).toMatch(/^USERNAME +ID +ROLE +STATUS +CREATED$/);
  expect(lines[1]).toMatch(
    /^admin +[0-9a-f-]{36} +owner +active +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  );
});

test("a gateway key is created, found by name, and revoked", async () => {
  const { gatewayKey, key } = await aibridgeJson("gateway-keys create ci --can-delegate");
  expect(key).toMatch(/^[A-Za-z0-9]{43}$/);
  expect(await aibridgeJson("gateway-keys get ci")).toEqual({ gatewayKey });
  const revoked = await aibridgeJson("gateway-keys revoke ci");
  expect(revoked.gatewayKey).toMatchObject({ id: gatewayKey.id, canDelegate: true });
  expect(revoked.gatewayKey.revokeTime).toBeDefined();
  expect(await aibridge("gateway-keys list")).not.toMatch(/^ci /m);
});

test("a provider takes its credential from stdin and never shows it", async () => {
  const credential = "sk-0123456789abcdefghij";
  const create = "providers create local --type openai --base-url http://127.0.0.1:9/v1";
  const created = await aibridge(`${create} --credential-stdin`, `${credential}\n`);
  expect(created).toContain("sk-0...ghij");
  expect(created).not.toContain(credential);
  expect(await aibridgeJson("providers disable local")).toMatchObject({
    provider: { name: "local", enabled: false },
  });
  await aibridge("providers enable local");
  const updated = await aibridgeJson("providers update local --remove-credential");
  expect(updated.provider).toMatchObject({ enabled: true, credentialHint: "" });
  expect(await aibridge("providers list")).toMatch(
    /^local +openai +http:\/\/127.0.0.1:9\/v1 +yes +- /m,
  );
  await aibridge("providers delete local");
  expect(await failure("providers get local")).toMatch(/^aibridge: .+\n$/);
});

test("a provider's further keys are added, listed by hints, and removed", async () => {
  const create = "providers create many --type openai --base-url http://127.0.0.1:9/v1";
  await aibridge(`${create} --credential-stdin`, "sk-first-0123456789\n");
  const second = "sk-second-0123456789";
  const { key } = await aibridgeJson("providers keys add many --credential-stdin", `${second}\n`);
  expect(key.hint).toBe("sk-s...6789");
  expect(await aibridge("providers get many")).toContain("sk...89 and 1 more");
  const listed = await aibridge("providers keys list many");
  expect(listed).toMatch(/sk\.\.\.89[\s\S]*sk-s\.\.\.6789/);
  expect(listed).not.toContain(second);
  await aibridge(`providers keys remove many ${key.id}`);
  expect((await aibridgeJson("providers keys list many")).keys).toHaveLength(1);
  await aibridge("providers delete many");
});

test("a token that is not accepted is named, with what to do", async () => {
  const env = { ...coderd.env, AIBRIDGE_TOKEN: "aaaaaaaaaa-bbbbbbbbbbbbbbbbbbbbbb" };
  const { code, stderr } = await runHere(["users", "list"], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^aibridge: coderd at http:\S+ does not accept the token \(.+\)\. Set AIBRIDGE_TOKEN to a live API key\n$/,
  );
});
