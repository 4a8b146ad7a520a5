import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import {
  type Authorizer,
  createInProcessTransportFactory,
  type InterceptionEnded,
  type Invalidation,
  type McpConfigurator,
  NotAuthorizedError,
  type Recorder,
  runWithDelegatedApiKeyId,
} from "@aibridge/aibridge";
import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { type FakeUpstream, messages, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { startTestGateway, testAuthorizer, testKey } from "./test-gateway.ts";

let upstream: FakeUpstream;
beforeEach(async () => {
  upstream = await startFakeUpstream({ validates: false });
});
afterEach(() => upstream[Symbol.asyncDispose]());

const eventStream = [["content-type", "text/event-stream"]] as const;
const question = JSON.stringify({ model: "m", max_tokens: 9, stream: true, messages: [] });

/** A gateway whose one key a test revokes. */
async function startRevocable(mcpConfigurator?: McpConfigurator) {
  let hear: (news: Invalidation) => void = () => {};
  let isRevoked = false;
  let questions = 0;
  const authorizer: Authorizer = {
    async isAuthorized(credential, signal) {
      questions++;
      if (isRevoked) throw new NotAuthorizedError("unknown key");
      return { ...(await testAuthorizer.isAuthorized(credential, signal)), revision: 1n };
    },
  };
  const ended = Promise.withResolvers<InterceptionEnded>();
  const recorder: Recorder = {
    started: async () => {},
    record: (event) => {
      if (event.kind === "ended") ended.resolve(event.ended);
    },
    close: async () => {},
  };
  const nothing = { apiKeyIds: [], userIds: [], gatewayKeyIds: [], reset: false };
  const gateway = await startTestGateway(upstream.url, {
    authorizer,
    recorder,
    limits: { livenessSilenceMs: 60_000, mcpFirstWaitMs: 25_000 },
    ...(mcpConfigurator && { mcpConfigurator }),
    invalidations: {
      subscribe(listener) {
        hear = listener;
        hear({ revision: 1n, ...nothing });
        return { [Symbol.dispose]() {} };
      },
    },
  });
  return {
    gateway,
    ended: ended.promise,
    questions: () => questions,
    revoke() {
      isRevoked = true;
      hear({ revision: 2n, ...nothing, apiKeyIds: ["keyidkeyid"] });
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** The same, whose user has a tool that never answers. `called` resolves when it is. */
async function startRevocableWithTool() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startFakeMcp({ tools: [mcpTools.hanging("hang")] }));
  const { url } = server;
  const rules = { toolAllowRegex: "", toolDenyRegex: "", headers: new Map() };
  const world = stack.use(
    await startRevocable({
      serversOf: async () => [{ id: "srv", url, auth: "none", ...rules }],
      accessTokensOf: async () => ({ tokens: new Map(), errors: new Map() }),
    }),
  );
  const owned = stack.move();
  return {
    ...world,
    called: () => server.called("hang"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Begins a request on a connection of its own. */
function begin(url: string, path = "/anthropic/v1/messages"): ClientRequest {
  return httpRequest(url + path, {
    method: "POST",
    agent: false,
    headers: { "x-api-key": testKey, "content-length": Buffer.byteLength(question) },
  });
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return response;
}

/** Reads a body: `began` with its first chunk, `end` says what came and whether it is whole. */
function read(response: IncomingMessage) {
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const began = new Promise((resolve) => response.once("data", resolve));
  const closed = new Promise((resolve) => response.once("close", resolve));
  // How it ended is what `complete` tells; the error says no more.
  response.on("error", () => {});
  return { began, end: closed.then(() => ({ text, whole: response.complete })) };
}

async function expectUnauthorized(response: IncomingMessage): Promise<void> {
  expect(response.statusCode).toBe(403);
  expect(JSON.parse((await read(response).end).text)).toMatchObject({
    type: "error",
    error: { type: "permission_error", message: "unauthorized" },
  });
}

// proves: cut.before-first-byte
test("a request whose key is revoked before the first byte is 403, cancelled upstream, and failed on record", async () => {
  await using world = await startRevocable();
  const next = upstream.next();
  const request = begin(world.gateway.url);
  const answering = answerTo(request.end(question));
  const call = await next;
  world.revoke();
  await expectUnauthorized(await answering);
  expect(await call.closed).toBe("left");
  expect(await world.ended).toMatchObject({
    status: "failed",
    errorType: "unauthorized",
    errorMessage: "unauthorized",
  });
  expect(world.gateway.log).toContainEqual(
    expect.objectContaining({ reason: "unauthorized", auth_reason: "unknown key", status: 403 }),
  );
});

// proves: cut.stream
test("a stream whose key is revoked ends with the format's error event, cancelled upstream, and failed on record", async () => {
  await using world = await startRevocable();
  const next = upstream.next();
  const request = begin(world.gateway.url);
  const answering = answerTo(request.end(question));
  const call = await next;
  call.respond(200, eventStream);
  await call.write('event: ping\ndata: {"type":"ping"}\n\n');
  const reading = read(await answering);
  await reading.began;
  world.revoke();
  expect(await reading.end).toEqual({
    text:
      'event: ping\ndata: {"type":"ping"}\n\n' +
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"unauthorized"}}\n\n',
    whole: false,
  });
  expect(await call.closed).toBe("left");
  expect(await world.ended).toMatchObject({
    status: "failed",
    errorType: "unauthorized",
    upstreamStatus: 200,
  });
  expect(world.gateway.log).toContainEqual(
    expect.objectContaining({ msg: "request cut", reason: "unauthorized", status: 200 }),
  );
});

const calling = { id: "toolu_01", name: "bmcp_srv_hang", input: {} };

// proves: cut.before-first-byte
test("a request whose key is revoked while a tool runs for it is 403, and failed on record", async () => {
  await using world = await startRevocableWithTool();
  upstream.answer("messages", messages.toolCall(calling));
  const answering = answerTo(begin(world.gateway.url).end(question));
  await world.called();
  world.revoke();
  await expectUnauthorized(await answering);
  expect(await world.ended).toMatchObject({ status: "failed", errorType: "unauthorized" });
});

// proves: cut.stream
test("a stream whose key is revoked while a tool runs for it ends with the format's error event, and failed on record", async () => {
  await using world = await startRevocableWithTool();
  upstream.answer("messages", messages.toolCallStream(calling));
  const reading = read(await answerTo(begin(world.gateway.url).end(question)));
  await world.called();
  world.revoke();
  const { text, whole } = await reading.end;
  expect(whole).toBe(false);
  expect(text.endsWith('"error":{"type":"api_error","message":"unauthorized"}}\n\n')).toBe(true);
  expect(await world.ended).toMatchObject({
    status: "failed",
    errorType: "unauthorized",
    upstreamStatus: 200,
  });
});

// proves: cut.stream
test("an answer that is passed through is cut as well", async () => {
  await using world = await startRevocable();
  const next = upstream.next();
  const request = begin(world.gateway.url, "/anthropic/v1/messages/count_tokens");
  const answering = answerTo(request.end(question));
  const call = await next;
  call.respond(200, [["content-type", "application/json"]]);
  await call.write('{"a":');
  const reading = read(await answering);
  await reading.began;
  world.revoke();
  expect(await reading.end).toEqual({ text: '{"a":', whole: false });
  expect(await call.closed).toBe("left");
});

// proves: cut.before-first-byte
test("a request that is still being sent when its key is revoked is 403 at once, and reaches no provider", async () => {
  await using world = await startRevocable();
  const request = begin(world.gateway.url);
  request.write(question.slice(0, 5));
  while (world.questions() === 0) await new Promise((resolve) => setImmediate(resolve));
  world.revoke();
  const response = await answerTo(request);
  expect(response.statusCode).toBe(403);
  expect(upstream.requests).toEqual([]);
  request.destroy();
});

// proves: cut.stream
test("an in-process caller whose key is revoked gets the last words, and then an error", async () => {
  await using world = await startRevocable();
  const next = upstream.next();
  const { transportFor } = createInProcessTransportFactory(world.gateway.gateway.serve);
  const answering = runWithDelegatedApiKeyId("keyidkeyid", () =>
    transportFor("anthropic", "agents")("https://api.anthropic.test/v1/messages", {
      method: "POST",
      body: question,
    }),
  );
  const call = await next;
  call.respond(200, eventStream);
  await call.write("data: 1\n\n");
  const reader = (await answering).body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe("data: 1\n\n");
  world.revoke();
  expect((await reader?.read())?.value).toContain('"message":"unauthorized"');
  await expect(reader?.read()).rejects.toThrow("unauthorized");
});
