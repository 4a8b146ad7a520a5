import {
  InterceptionErrorType,
  InterceptionStatus,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { cutAfter, messages } from "@aibridge/testing/fake-upstream";
import { startGateway } from "@aibridge/testing/harness";
import { beforeEach, expect } from "@jest/globals";
import { startApart } from "./apart.ts";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { eventually } from "./eventually.ts";
import { open, send } from "./http.ts";
import { proves } from "./proves.ts";
import { share } from "./share.ts";
import { withinASecond } from "./within-a-second.ts";

const world = share(async () => {
  await using stack = new AsyncDisposableStack();
  const apart = stack.use(await startApart());
  const gateway = stack.use(await startGateway(apart.coderd));
  const owned = stack.move();
  return { ...apart, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

beforeEach(() => world().upstream.clear());

function askIt(key = world().coderd.apiKey) {
  return ask(world().gateway.gatewayUrl, "messages", bearer(key));
}

/** Asks until it is served again. Whatever comes before that must be an outage, not a refusal. */
async function untilServed(): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  for (;;) {
    const { status } = await askIt();
    if (status === 200) return;
    expect(status).toBe(503);
    deadline.throwIfAborted();
  }
}

/** What is remembered may be served for a moment; within a second it is an outage. */
async function expectOutage(key?: string): Promise<void> {
  const answer = await withinASecond(
    () => askIt(key),
    ({ status }) => {
      expect([200, 503]).toContain(status);
      return status === 503;
    },
  );
  expect(answer.status).toBe(503);
  expect(Number(answer.header("retry-after"))).toBeGreaterThan(0);
  expect(answer.json()).toMatchObject({
    type: "error",
    error: { type: "api_error", message: "could not connect to coderd" },
  });
}

for (const how of ["stop", "kill"] as const) {
  proves(
    ["outage.coderd-stopped", "outage.resumes", "door.coderd-down"],
    `after ${how} of coderd every key is 503 with retry-after, and is served again once it is back`,
    async () => {
      const { coderd, upstream } = world();
      expect((await askIt()).status).toBe(200);
      await coderd.process[how]();
      await expectOutage();
      const served = upstream.requests.length;
      for (const key of [coderd.apiKey, `${"a".repeat(10)}-${"b".repeat(22)}`, "nonsense"]) {
        expect((await askIt(key)).status).toBe(503);
      }
      // Without a key there is nothing to ask coderd about.
      expect((await ask(world().gateway.gatewayUrl, "messages", [])).status).toBe(400);
      expect(upstream.requests.length).toBe(served);
      await coderd.restart();
      await untilServed();
      // Not one of those above: a no is remembered for a second, and the next test asks for them.
      expect((await askIt("neither")).status).toBe(403);
    },
  );
}

/** A stream through a gateway, of which the head has arrived. */
async function openStream(gatewayUrl: string) {
  const { coderd, upstream } = world();
  const next = upstream.next();
  const opening = open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(coderd.apiKey)],
    body: JSON.stringify({ ...bodies.messages, stream: true }),
  });
  const call = await next;
  const { headers, chunks } = messages.textStream();
  call.respond(200, headers);
  return { call, chunks, answer: await opening };
}

proves(
  "outage.streams-cut",
  "a stream that runs when coderd dies ends within a second, as an outage, and so it is on record",
  async () => {
    const { coderd, gateway } = world();
    await untilServed();
    const { call, chunks, answer } = await openStream(gateway.gatewayUrl);
    await call.write(chunks[0] ?? "");
    await coderd.process.kill();
    const deadAt = performance.now();
    let text = "";
    answer.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    answer.on("error", () => {});
    expect(await call.closed).toBe("left");
    expect(performance.now() - deadAt).toBeLessThan(1_000);
    if (!answer.closed) await new Promise((resolve) => answer.once("close", resolve));
    expect(answer.complete).toBe(false);
    expect(text.endsWith(outageEvent)).toBe(true);
    await coderd.restart();
    await untilServed();
    const { interceptions } = await eventually(
      () => coderd.owner.interceptions.listInterceptions({}),
      ({ interceptions }) => interceptions.some(({ ended }) => ended?.errorMessage === outage),
    );
    const cut = interceptions.find(({ ended }) => ended?.errorMessage === outage);
    expect(cut?.ended).toMatchObject({
      status: InterceptionStatus.FAILED,
      errorType: InterceptionErrorType.SERVER_ERROR,
      upstreamStatus: 200,
    });
  },
);

const outage = "could not connect to coderd";
const outageEvent = `event: error\ndata: {"type":"error","error":{"type":"api_error","message":"${outage}"}}\n\n`;

proves(
  "outage.streams-kept",
  "with a longer AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT a stream that runs when coderd dies goes on to its end",
  async () => {
    const { coderd } = world();
    await using gateway = await startGateway(coderd, {
      AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT: "1h",
    });
    const { call, chunks, answer } = await openStream(gateway.gatewayUrl);
    await coderd.process.kill();
    await eventually(
      () => ask(gateway.gatewayUrl, "messages", bearer(coderd.apiKey)),
      ({ status }) => status === 503,
    );
    for (const chunk of chunks) await call.write(chunk);
    await call.end();
    const received: Buffer[] = [];
    for await (const chunk of answer) received.push(chunk);
    expect(Buffer.concat(received).equals(Buffer.concat(chunks))).toBe(true);
    await coderd.restart();
    await untilServed();
  },
);

proves(
  ["outage.coderd-silent", "outage.resumes"],
  "a coderd that accepts and never answers is 503, and serves again once it answers",
  async () => {
    const { coderd } = world();
    await untilServed();
    coderd.process.freeze();
    try {
      await expectOutage();
    } finally {
      coderd.process.thaw();
    }
    await untilServed();
  },
);

proves("admin.ready", "/readyz follows coderd, /healthz does not, /metrics counts", async () => {
  const { coderd, gateway } = world();
  const status = async (path: string) => (await send(`${gateway.adminUrl}${path}`)).status;
  const readyIs = async (wanted: number) => {
    const deadline = AbortSignal.timeout(10_000);
    while ((await status("/readyz")) !== wanted) deadline.throwIfAborted();
  };
  await readyIs(200);
  await coderd.process.kill();
  await readyIs(503);
  expect(await status("/healthz")).toBe(200);
  const metrics = await send(`${gateway.adminUrl}/metrics`);
  expect([metrics.status, metrics.body.length > 0]).toEqual([200, true]);
  await coderd.restart();
  await readyIs(200);
});

proves(
  "outage.gateway-key",
  "a gateway whose own key was revoked is 503, and accuses nobody",
  async () => {
    const { coderd, upstream } = world();
    const name = "a-second-gateway";
    const { key, gatewayKey } = await coderd.owner.gatewayKeys.createGatewayKey({ name });
    await using second = await startGateway({ url: coderd.url, gatewayKey: key });
    const askSecond = () => ask(second.gatewayUrl, "messages", bearer(coderd.apiKey));
    expect((await askSecond()).status).toBe(200);
    await coderd.owner.gatewayKeys.revokeGatewayKey({ id: gatewayKey?.id ?? "" });
    const answer = await withinASecond(askSecond, ({ status }) => status === 503);
    expect(answer.header("retry-after")).toBeDefined();
    const served = upstream.requests.length;
    expect((await askSecond()).status).toBe(503);
    expect(upstream.requests.length).toBe(served);
  },
);

proves(
  "relay.client-leaves",
  "a client that leaves while coderd is silent costs nothing upstream",
  async () => {
    const { coderd, gateway, upstream } = world();
    await untilServed();
    // One that was never asked about: of others the gateway knows for a moment.
    const { user } = await coderd.owner.users.createUser({ username: "a-new-one" });
    const { key } = await coderd.owner.apiKeys.createApiKey({ userId: user?.id ?? "" });
    upstream.clear();
    upstream.always("messages", cutAfter(messages.textStream(), 1, "stall"));
    coderd.process.freeze();
    const leaving = new AbortController();
    try {
      const opening = open(`${gateway.gatewayUrl}${paths.messages}`, {
        method: "POST",
        headers: [...jsonHeaders, ...bearer(key)],
        body: JSON.stringify(bodies.messages),
        signal: leaving.signal,
      });
      leaving.abort();
      await expect(opening).rejects.toThrow();
    } finally {
      coderd.process.thaw();
    }
    upstream.clear();
    await untilServed();
    expect(upstream.requests.length).toBe(1);
  },
);
