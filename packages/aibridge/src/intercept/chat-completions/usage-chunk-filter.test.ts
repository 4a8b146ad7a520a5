import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { chatCompletionsFixtures } from "../fixtures/chat-completions.ts";
import { fixtureBytes } from "../fixtures/fixture.ts";
import { createUsageChunkFilter } from "./usage-chunk-filter.ts";

const usage = '{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}';
const extra = `data: {"id":"c","choices":[],"usage":${usage}}\n\n`;

test.each(
  chatCompletionsFixtures.flatMap(({ name }) => {
    const bytes = fixtureBytes("chat-completions", name, "stream");
    return bytes ? [{ name, bytes }] : [];
  }),
)("of the stream $name all but the usage chunk goes on", ({ bytes }) => {
  const without = bytes.toString().replace(/^data: .*"choices":\[\].*\n\n/m, "");
  expect(filter([bytes]).toString()).toBe(without);
  expect(filter(byteByByte(bytes)).toString()).toBe(without);
});

const kept = [
  'data: {"id":"c","choices":[{"delta":{"content":"\\"choices\\":[],\\"usage\\":{}"}}],"usage":null}\n\n',
  'data: {"id":"c","choices":[],"usage":null,"prompt_filter_results":[]}\n\n',
  'data: {"id":"c","choices":[{"delta":{}}],"usage":{"prompt_tokens":1}}\n\n',
  'data: {"error":{"message":"usage"}}\n\n',
  'data: {"choices":[],"usage"\n\n',
  "data: [DONE]\n\n",
  ": keep-alive\n\n",
  ": keep-alive\n",
  "event: ping\r\ndata: {}\r\n\r\n",
  "\n",
  "\r\n",
  "data: \u4e16\u754c\n\n",
];
const removed = [
  extra,
  `data: {\ndata: "choices": [ ], "usage": ${usage}\ndata: }\n\n`,
  `event: chunk\nid: 1\ndata:{"usage":${usage},"choices":[]}  \n\n`,
];

test("however a stream is cut, it is the same as without the usage chunk", () => {
  const part = fc.oneof(
    fc.constantFrom(...kept).map((text) => ({ text, goesOn: true })),
    fc.constantFrom(...removed).map((text) => ({ text, goesOn: false })),
  );
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }));
  fc.assert(
    fc.property(fc.array(part), lineEnd, lengths, (parts, end, cuts) => {
      const textOf = (some: typeof parts) =>
        some.map(({ text }) => text.replaceAll(/\r?\n/g, end)).join("");
      const stream = Buffer.from(textOf(parts));
      const expected = textOf(parts.filter(({ goesOn }) => goesOn));
      expect(filter(cut(stream, cuts)).toString()).toBe(expected);
    }),
    { numRuns: 500 },
  );
});

test("of any bytes at all, cut anywhere, the same goes on", () => {
  const piece = fc.constantFrom("\n", "\r", ":", "data: ", extra, extra.trimEnd(), "x", '"usage"');
  const lengths = fc.array(fc.integer({ min: 1, max: 90 }));
  fc.assert(
    fc.property(fc.array(piece), lengths, (pieces, cuts) => {
      const stream = Buffer.from(pieces.join(""));
      expect(filter(cut(stream, cuts)).toString()).toBe(filter([stream]).toString());
    }),
    { numRuns: 500 },
  );
});

test("an event that can't be a usage chunk goes on before it ends", () => {
  const chunks = [
    'data: {"id":"c","choices":[',
    '{"delta":{"content":"Hel',
    'lo"}}]}\n',
    "\n",
    ": ping\n",
    'data: {"id":"c","choi',
    'ces":[],"usage":{}}\n\n',
    "data: [DONE]\n\n",
  ];
  const under = createUsageChunkFilter();
  const passed = chunks.map((chunk) => Buffer.concat(under.pass(Buffer.from(chunk))).toString());
  expect(passed).toEqual([
    "",
    'data: {"id":"c","choices":[{"delta":{"content":"Hel',
    'lo"}}]}\n',
    "\n",
    ": ping\n",
    "",
    "",
    "data: [DONE]\n\n",
  ]);
  expect(under.flush()).toEqual([]);
});

test("an event longer than 64 KiB is not held", () => {
  const under = createUsageChunkFilter();
  const chunk = Buffer.alloc(48 * 1_024, "x");
  expect(Buffer.concat(under.pass(chunk)).byteLength).toBe(0);
  expect(Buffer.concat(under.pass(chunk)).byteLength).toBe(96 * 1_024);
});

test("what is held at the end goes on, unless it is a usage chunk", () => {
  expect(filter([Buffer.from('data: {"id":"c","choi')]).toString()).toBe('data: {"id":"c","choi');
  expect(filter([Buffer.from(extra.trimEnd())]).toString()).toBe("");
});

test("a chunk that goes on whole is the chunk itself, not a copy", () => {
  const chunk = Buffer.from('data: {"choices":[{}]}\n\n');
  const [passed] = createUsageChunkFilter().pass(chunk);
  expect(passed?.buffer).toBe(chunk.buffer);
});

function filter(chunks: Iterable<Uint8Array>): Buffer {
  const under = createUsageChunkFilter();
  const passed = Array.from(chunks, (chunk) => under.pass(chunk)).flat();
  return Buffer.concat([...passed, ...under.flush()]);
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
}

function byteByByte(bytes: Buffer): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}
