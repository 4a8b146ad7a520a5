import { BatchRefusedError, type EncodedEvent, type RecordEvent } from "@aibridge/aibridge";
import {
  type RecordEvent as RecordEventMessage,
  RecordEventSchema,
  RecorderService,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { toJson } from "@bufbuild/protobuf";
import { Code, ConnectError, createRouterTransport } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { eventCodec } from "./event-codec.ts";
import { createRpcShipper } from "./rpc-shipper.ts";

function encoded(event: RecordEvent): EncodedEvent {
  const { id, interceptionId, time } = event;
  return { id, interceptionId, time, bytes: eventCodec.encode(event) };
}

const { signal } = new AbortController();
const head = { interceptionId: "int", time: new Date("2026-01-02T03:04:05.678Z") };

function tokenUsage(id: string, inputTokens: number): RecordEvent {
  return {
    ...head,
    id,
    kind: "token_usage",
    tokenUsage: {
      providerResponseId: "msg_1",
      model: "claude",
      inputTokens,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWriteTokens: 4,
      extraTokens: { "server_tool_use.web_search_requests": 5 },
      rawUsage: "{}",
      serviceTier: "standard",
      partial: true,
    },
  };
}

const ended: RecordEvent = {
  ...head,
  id: "e",
  kind: "ended",
  ended: {
    status: "cancelled",
    errorType: "rate_limited",
    errorMessage: "slow down",
    upstreamStatus: 429,
    upstreamRequestId: "req_1",
    timeToFirstByteMs: 12.3456,
    gatewayOverheadMs: undefined,
  },
};

const events: readonly RecordEvent[] = [
  {
    ...head,
    id: "s",
    kind: "started",
    started: {
      initiatorId: "user",
      apiKeyId: "keyidkeyid",
      providerType: "openai",
      providerName: "prod",
      model: "gpt",
      client: "Codex",
      clientSessionId: "session",
      userAgent: "codex/1",
      correlatingToolCallId: "call_0",
      credentialKind: "byok",
      credentialHint: "sk...zz",
      delegated: true,
      source: "agents",
      streaming: true,
      metadata: { Username: "ann" },
    },
  },
  tokenUsage("u", 1),
  {
    ...head,
    id: "p",
    kind: "prompt",
    prompt: { providerResponseId: "msg_1", text: "hi", privacy: "full" },
  },
  {
    ...head,
    id: "t",
    kind: "tool_usage",
    toolUsage: {
      providerResponseId: "msg_1",
      providerToolCallId: "call_1",
      tool: "search",
      arguments: "abc",
      privacy: "hash",
      injected: true,
      serverUrl: "http://mcp",
      invocationError: "timeout",
    },
  },
  {
    ...head,
    id: "m",
    kind: "model_thought",
    modelThought: {
      providerResponseId: "msg_1",
      thoughtKind: "commentary",
      text: "",
      privacy: "off",
    },
  },
  ended,
];

const time = "2026-01-02T03:04:05.678Z";
const expected = [
  {
    id: "s",
    interceptionId: "int",
    time,
    started: {
      initiatorId: "user",
      apiKeyId: "keyidkeyid",
      providerType: "PROVIDER_TYPE_OPENAI",
      providerName: "prod",
      model: "gpt",
      client: "Codex",
      clientSessionId: "session",
      userAgent: "codex/1",
      correlatingToolCallId: "call_0",
      credentialKind: "CREDENTIAL_KIND_BYOK",
      credentialHint: "sk...zz",
      source: "agents",
      delegated: true,
      streaming: true,
      metadata: { Username: "ann" },
    },
  },
  {
    id: "u",
    interceptionId: "int",
    time,
    tokenUsage: {
      providerResponseId: "msg_1",
      model: "claude",
      inputTokens: "1",
      outputTokens: "2",
      cacheReadTokens: "3",
      cacheWriteTokens: "4",
      extraTokens: { "server_tool_use.web_search_requests": "5" },
      rawUsage: "{}",
      serviceTier: "standard",
      partial: true,
    },
  },
  {
    id: "p",
    interceptionId: "int",
    time,
    prompt: { providerResponseId: "msg_1", text: "hi", privacy: "CONTENT_PRIVACY_FULL" },
  },
  {
    id: "t",
    interceptionId: "int",
    time,
    toolUsage: {
      providerResponseId: "msg_1",
      providerToolCallId: "call_1",
      tool: "search",
      arguments: "abc",
      privacy: "CONTENT_PRIVACY_HASH",
      injected: true,
      serverUrl: "http://mcp",
      invocationError: "timeout",
    },
  },
  {
    id: "m",
    interceptionId: "int",
    time,
    modelThought: {
      providerResponseId: "msg_1",
      kind: "commentary",
      privacy: "CONTENT_PRIVACY_OFF",
    },
  },
  {
    id: "e",
    interceptionId: "int",
    time,
    ended: {
      status: "INTERCEPTION_STATUS_CANCELLED",
      errorType: "INTERCEPTION_ERROR_TYPE_RATE_LIMITED",
      errorMessage: "slow down",
      upstreamStatus: 429,
      upstreamRequestId: "req_1",
      timeToFirstByteUs: "12346",
    },
  },
];

/** A RecorderService that keeps what it gets, and refuses with `code` if there is one. */
function startRecorder(code?: Code) {
  const took: RecordEventMessage[] = [];
  const transport = createRouterTransport(({ service }) => {
    service(RecorderService, {
      recordEvents(request) {
        if (code) throw new ConnectError("no", code);
        took.push(...request.events);
        return { rejected: [{ id: "p", reason: "malformed" }] };
      },
    });
  });
  return { ship: createRpcShipper(transport), took };
}

test("every field of every event reaches coderd", async () => {
  const { ship, took } = startRecorder();
  expect(await ship(events.map(encoded), signal)).toMatchObject({
    rejected: [{ id: "p", reason: "malformed" }],
  });
  expect(took.map((event) => toJson(RecordEventSchema, event))).toEqual(expected);
});

test.each(events)(
  "an encoded $kind event knows its head, and tells all of it to a person",
  (event) => {
    const { id, interceptionId, time, bytes } = encoded(event);
    expect(eventCodec.headOf(bytes)).toEqual({ id, interceptionId, time });
    expect(eventCodec.describe(bytes)).toEqual(expected.find((message) => message.id === id));
  },
);

test("what is no event is not taken for one", () => {
  for (const bytes of [
    new Uint8Array(),
    Buffer.from('{"id":"a"}'),
    new Uint8Array([2, 0xff, 0xff]),
  ]) {
    expect(() => eventCodec.headOf(bytes)).toThrow();
  }
});

test("a number that no message holds can't be encoded, and spoils nothing that follows", () => {
  const before = eventCodec.encode(ended);
  expect(() => eventCodec.encode(tokenUsage("bad", 1.5))).toThrow("not a whole number: 1.5");
  expect(eventCodec.encode(ended)).toEqual(before);
});

test("an encoded event is the same when others were encoded since, large ones too", () => {
  const bytes = eventCodec.encode(ended);
  const copy = bytes.slice();
  const text = "\u00e9\u{1f600}".repeat(100_000);
  const prompt = {
    ...head,
    id: "large",
    kind: "prompt",
    prompt: { providerResponseId: "", text, privacy: "full" },
  } as const;
  expect(eventCodec.describe(eventCodec.encode(prompt))).toMatchObject({ prompt: { text } });
  expect(bytes).toEqual(copy);
});

test("invalid_argument puts the batch at fault, and so does too much of more than one event", async () => {
  await expect(
    startRecorder(Code.InvalidArgument).ship(events.map(encoded), signal),
  ).rejects.toThrow(BatchRefusedError);
  await expect(
    startRecorder(Code.ResourceExhausted).ship(events.map(encoded), signal),
  ).rejects.toThrow(BatchRefusedError);
});

test.each([Code.Unavailable, Code.Unauthenticated, Code.Internal, Code.ResourceExhausted])(
  "code %s for one small event is no answer: it is worth another attempt",
  async (code) => {
    await expect(startRecorder(code).ship([encoded(ended)], signal)).rejects.not.toBeInstanceOf(
      BatchRefusedError,
    );
  },
);
