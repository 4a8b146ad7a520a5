import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { RecordEvent } from "@aibridge/aibridge";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import {
  ContentPrivacy,
  CredentialKind,
  InterceptionStatus,
  RecordEventSchema,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { encodeEvent } from "./encode-event.ts";

type EventMessage = NonNullable<MessageInitShape<typeof RecordEventSchema>["event"]>;

/** What protobuf-es writes for the same event. */
function byProtobufEs({ id, interceptionId, time }: RecordEvent, event: EventMessage): Uint8Array {
  const at = timestampFromDate(time);
  const message = create(RecordEventSchema, { id, interceptionId, time: at, event });
  return new BinaryWriter().bytes(toBinary(RecordEventSchema, message)).finish();
}

/** Halves of surrogate pairs among them, and lengths on both sides of 128 and 1,024. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.constantFrom("a", "\u00e9", "\u20ac", "\u{1f600}", "\ud800"), fc.nat(1_100))
    .map(([unit, length]) => unit.repeat(length)),
);
const counter = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat(300));
const head = fc.record({
  id: text,
  interceptionId: text,
  time: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("9999-12-31") }),
});
/**
 * A map. protobuf-es writes what is empty in an entry, and we leave it out:
 * whoever reads it can't tell (https://protobuf.dev/programming-guides/encoding/#maps).
 */
const dictionary = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), value);

test("a start is encoded to the bytes that protobuf-es writes", () => {
  const started = fc.record({
    initiatorId: text,
    apiKeyId: text,
    providerName: text,
    model: text,
    client: text,
    clientSessionId: text,
    userAgent: text,
    correlatingToolCallId: text,
    credentialHint: text,
    source: text,
    delegated: fc.boolean(),
    streaming: fc.boolean(),
    metadata: dictionary(fc.string({ minLength: 1 })),
  });
  fc.assert(
    fc.property(head, started, (head, facts) => {
      const event: RecordEvent = {
        ...head,
        kind: "started",
        started: { ...facts, providerType: "openai", credentialKind: "byok" },
      };
      const kinds = { providerType: ProviderType.OPENAI, credentialKind: CredentialKind.BYOK };
      const value = { ...facts, ...kinds };
      expect(hex(encodeEvent(event))).toBe(hex(byProtobufEs(event, { case: "started", value })));
    }),
  );
});

test("a usage is encoded to the bytes that protobuf-es writes, whatever whole numbers it has", () => {
  const texts = fc.record({
    providerResponseId: text,
    model: text,
    rawUsage: text,
    serviceTier: text,
    partial: fc.boolean(),
  });
  const counters = fc.record({
    inputTokens: counter,
    outputTokens: counter,
    cacheReadTokens: counter,
    cacheWriteTokens: counter,
  });
  fc.assert(
    fc.property(
      head,
      texts,
      counters,
      dictionary(counter.filter(Boolean)),
      (head, texts, counters, extra) => {
        const tokenUsage = { ...texts, ...counters, extraTokens: extra };
        const event: RecordEvent = { ...head, kind: "token_usage", tokenUsage };
        const value = {
          ...texts,
          inputTokens: BigInt(counters.inputTokens),
          outputTokens: BigInt(counters.outputTokens),
          cacheReadTokens: BigInt(counters.cacheReadTokens),
          cacheWriteTokens: BigInt(counters.cacheWriteTokens),
          extraTokens: Object.fromEntries(
            Object.entries(extra).map(([name, tokens]) => [name, BigInt(tokens)]),
          ),
        };
        expect(hex(encodeEvent(event))).toBe(
          hex(byProtobufEs(event, { case: "tokenUsage", value })),
        );
      },
    ),
  );
});

test("an end is encoded to the bytes that protobuf-es writes", () => {
  fc.assert(
    fc.property(head, text, fc.nat(599), fc.nat(), (head, errorMessage, upstreamStatus, ms) => {
      const event: RecordEvent = {
        ...head,
        kind: "ended",
        ended: {
          status: "failed",
          errorType: undefined,
          errorMessage,
          upstreamStatus,
          upstreamRequestId: "",
          timeToFirstByteMs: ms,
          gatewayOverheadMs: undefined,
        },
      };
      const status = InterceptionStatus.FAILED;
      const timeToFirstByteUs = BigInt(ms) * 1_000n;
      const value = { status, errorMessage, upstreamStatus, timeToFirstByteUs };
      expect(hex(encodeEvent(event))).toBe(hex(byProtobufEs(event, { case: "ended", value })));
    }),
  );
});

test.each([
  ["of one byte a character", "a"],
  ["of two", "\u00e9"],
  ["of three", "\u20ac"],
  ["of halves of pairs", "\udc00"],
])(
  "a prompt of several megabytes %s is encoded to the bytes that protobuf-es writes",
  (_, unit) => {
    const event = promptOf(unit.repeat(3_000_000));
    const { prompt } = event;
    const value = { text: prompt.text, privacy: ContentPrivacy.FULL };
    // Not `toEqual`, which takes seconds for that many bytes.
    const expected = byProtobufEs(event, { case: "prompt", value });
    expect(Buffer.compare(encodeEvent(event), expected)).toBe(0);
  },
);

test("the memory that a large prompt took is let go of with it", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  const before = process.memoryUsage().arrayBuffers;
  expect(encodeEvent(promptOf("x".repeat(16 * 1_024 * 1_024))).length).toBeGreaterThan(2 ** 24);
  // V8 frees what was collected in a thread of its own. What is held stays, and the test fails in time.
  do {
    collect();
    await setImmediate();
  } while (process.memoryUsage().arrayBuffers - before > 1_024 * 1_024);
});

function promptOf(text: string) {
  const prompt = { providerResponseId: "", text, privacy: "full" } as const;
  return { id: "p", interceptionId: "i", time: new Date(0), kind: "prompt", prompt } as const;
}

/** To compare: two strings take less time than two arrays of as many numbers. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
