import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AnswerFacts, AnswerKind } from "./answer.ts";
import { fixturesByFormat } from "./fixtures/all.ts";
import { factsOf, fixtureBytes } from "./fixtures/fixture.ts";
import type { Format } from "./format.ts";
import { messages } from "./messages/format.ts";

const kinds: readonly AnswerKind[] = ["stream", "whole"];

const answers = fixturesByFormat.flatMap(([format, fixtures]) =>
  fixtures.flatMap(({ name, brokenOff = false, facts }) =>
    kinds.flatMap((kind) => {
      const bytes = fixtureBytes(format.name, name, kind);
      const title = `${format.name} ${name} ${kind}`;
      return bytes ? [{ title, format, kind, bytes, complete: !brokenOff, facts }] : [];
    }),
  ),
);
const streams = answers.filter(({ kind }) => kind === "stream");
const formats = fixturesByFormat.map(([format]) => format);

test("every format has streams and whole answers", () => {
  expect(answers.map(({ title }) => title)).toHaveLength(53);
});

// A stream and a whole of the same name share one expectation: equal answers give equal facts.
test.each(answers)("$title gives the rows of its fixture", (answer) => {
  expect(read(answer, [answer.bytes])).toEqual(answer.facts);
});

test.each(answers)("$title gives the same rows byte by byte", (answer) => {
  const bytes = Array.from(answer.bytes, (byte) => Uint8Array.of(byte));
  expect(read(answer, bytes)).toEqual(answer.facts);
});

test("an answer gives the same facts however it is cut into chunks", () => {
  fc.assert(
    fc.property(fc.constantFrom(...answers), fc.array(fc.integer({ min: 1, max: 300 })), cutEqual),
  );
  function cutEqual(answer: (typeof answers)[number], lengths: readonly number[]): void {
    expect(read(answer, cut(answer.bytes, lengths))).toEqual(answer.facts);
  }
});

/** What providers and proxies do to server-sent events without changing them. */
const disguises: Readonly<Record<string, (stream: string) => string>> = {
  "with CR LF": (stream) => stream.replaceAll("\n", "\r\n"),
  "with CR": (stream) => stream.replaceAll("\n", "\r"),
  "with comments": (stream) => `: hi\n\n${stream.replaceAll("\n\n", "\n: keep-alive\n\n:\n\n")}`,
  "with spaces behind the JSON": (stream) => stream.replaceAll("}\n", "}  \t\n"),
  "without space before the JSON": (stream) => stream.replaceAll("data: ", "data:"),
  "with data over several lines": (stream) => stream.replaceAll('data: {"', 'data: {\ndata: "'),
  "with ids, retries and fields nobody knows": (stream) =>
    stream.replaceAll("data: ", "id: 7\nretry: 10\nnonsense\ndata: "),
  "with a byte order mark": (stream) => `\uFEFF${stream}`,
  "with pings": (stream) =>
    stream.replaceAll("\n\n", '\n\nevent: ping\ndata: {"type": "ping"}\n\n'),
};

test.each(Object.entries(disguises))("streams %s give the same facts", (_name, disguise) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...streams.filter(({ complete }) => complete)),
      fc.array(fc.integer({ min: 1, max: 60 })),
      (stream, lengths) => {
        const bytes = Buffer.from(disguise(stream.bytes.toString()));
        expect(read(stream, cut(bytes, lengths))).toEqual(stream.facts);
      },
    ),
    { numRuns: 50 },
  );
});

test("a last event without the empty line behind it counts if the answer is complete", () => {
  for (const stream of streams.filter(({ complete }) => complete)) {
    const bytes = Buffer.from(stream.bytes.toString().trimEnd());
    expect(read(stream, [bytes])).toEqual(stream.facts);
  }
});

test("a stream cut anywhere has no problem, and says that its usage is partial", () => {
  fc.assert(
    fc.property(fc.constantFrom(...streams), fc.nat(), (stream, at) => {
      const bytes = stream.bytes.subarray(0, at % stream.bytes.byteLength);
      const facts = read({ ...stream, complete: false }, [bytes]);
      expect(facts.problem).toBeUndefined();
      expect(facts.usage?.partial ?? true).toBe(true);
    }),
  );
});

test("a stream that ends cleanly but too early is partial", () => {
  const reader = messages.createReader("stream");
  reader.read(Buffer.from(event({ type: "message_start", message: { usage: {} } })));
  expect(reader.finish(true).usage?.partial).toBe(true);
});

test("words for the user are not parsed, as far as they can be told by their text", () => {
  const words = {
    messages: '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"wo',
    responses: '{"type":"response.output_text.delta","delta":"wo',
  };
  for (const [name, text] of Object.entries(words)) {
    const stream = streams.find(({ title }) => title === `${name} plain stream`);
    if (!stream) throw new Error("unreachable");
    expect(read(stream, [Buffer.from(`data: ${text}\n\n`), stream.bytes])).toEqual(stream.facts);
  }
});

test("what a model calls a tool with is read, be it an event with words for the user", () => {
  const input = JSON.stringify({ type: "content_block_delta", delta: { type: "text_delta" } });
  const reader = messages.createReader("stream");
  const block = { type: "tool_use", id: "toolu_1", name: "write", input: {} };
  const delta = { type: "input_json_delta", partial_json: input };
  reader.read(Buffer.from(event({ type: "message_start", message: {} })));
  reader.read(Buffer.from(event({ type: "content_block_start", index: 0, content_block: block })));
  reader.read(Buffer.from(event({ type: "content_block_delta", index: 0, delta })));
  expect(reader.finish(false).toolUsages).toMatchObject([{ tool: "write", arguments: input }]);
});

const nonsense = [
  ["stream", "<html><body>502 Bad Gateway</body></html>", "nothing of the expected format in it"],
  ["stream", "", "nothing of the expected format in it"],
  ["stream", "data: {oops}\n\n", "an event that is not JSON"],
  ["stream", "data: [1]\n\n", "an event that is not a JSON object"],
  ["stream", "data: null\n\n", "an event that is not a JSON object"],
  ["stream", 'data: {"type":"unheard"}\n\n', "nothing of the expected format in it"],
  ["whole", "<html>", "the body that is not JSON"],
  ["whole", "", "the body that is not JSON"],
  ["whole", "[]", "the body that is not a JSON object"],
  ["whole", "{}", "nothing of the expected format in it"],
] as const;

test.each(nonsense)("of a %s, %j ends in the problem %j", (kind, text, problem) => {
  for (const format of formats) {
    expect(read({ format, kind, complete: true }, [Buffer.from(text)])).toEqual(
      factsOf({ problem }),
    );
  }
});

test("nothing makes a reader throw, and its counters are counts", () => {
  const json = fc.json().map((text) => Buffer.from(text));
  const events = fc.array(fc.json()).map((all) => Buffer.from(all.map(dataLine).join("")));
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(
      fc.constantFrom(...formats),
      fc.constantFrom(...kinds),
      fc.array(fc.oneof(json, events, bytes, mutatedEvents())),
      fc.boolean(),
      (format, kind, chunks, complete) => expectSane(read({ format, kind, complete }, chunks)),
    ),
    { numRuns: 500 },
  );
});

/** Events of the formats, with any JSON in place of some of their values. */
function mutatedEvents(): fc.Arbitrary<Buffer> {
  const whole = streams.filter(({ complete }) => complete);
  const lines = whole.flatMap(({ bytes }) => bytes.toString().match(/^data: \{.*$/gm) ?? []);
  return fc
    .tuple(fc.constantFrom(...lines), fc.jsonValue(), fc.nat())
    .map(([line, value, which]) => {
      let at = 0;
      const mutated = JSON.parse(line.slice("data: ".length), (_key, old) =>
        at++ === which % 20 ? value : old,
      );
      return Buffer.from(dataLine(JSON.stringify(mutated ?? null)));
    });
}

function expectSane({ usage, toolUsages, thoughts, responseId }: AnswerFacts): void {
  expect(typeof responseId).toBe("string");
  const {
    inputTokens = 0,
    outputTokens = 0,
    cacheReadTokens = 0,
    cacheWriteTokens = 0,
  } = usage ?? {};
  const counters = [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens];
  for (const counter of [...counters, ...Object.values(usage?.extraTokens ?? {})]) {
    expect(Number.isSafeInteger(counter) && counter >= 0).toBe(true);
  }
  const texts = toolUsages.flatMap((call) => Object.values(call)).concat(thoughts.map(textOf));
  expect(texts.filter((text) => typeof text !== "string")).toEqual([]);
}

test("an event too long makes a reader give up, and let go of what it held", () => {
  const reader = messages.createReader("stream");
  const mebibyte = Buffer.alloc(1_024 * 1_024, "x");
  reader.read(Buffer.from(event({ type: "message_start", message: { id: "msg_1" } })));
  reader.read(Buffer.from("data: "));
  for (let i = 0; i < 64; i++) reader.read(mebibyte);
  expect(reader.finish(true)).toEqual(
    factsOf({ responseId: "msg_1", problem: "an event too long" }),
  );
});

test("a body too long makes a reader give up", () => {
  const reader = messages.createReader("whole");
  const mebibyte = Buffer.alloc(1_024 * 1_024, " ");
  for (let i = 0; i < 33; i++) reader.read(mebibyte);
  expect(reader.finish(true)).toEqual(factsOf({ problem: "a body too long" }));
});

test("a stream of endless thoughts makes a reader give up, with the usage so far", () => {
  const reader = messages.createReader("stream");
  const usage = { input_tokens: 7 };
  reader.read(Buffer.from(event({ type: "message_start", message: { usage } })));
  const block = { type: "thinking", thinking: "" };
  reader.read(Buffer.from(event({ type: "content_block_start", index: 0, content_block: block })));
  const delta = { type: "thinking_delta", thinking: "x".repeat(1_024 * 1_024) };
  const more = Buffer.from(event({ type: "content_block_delta", index: 0, delta }));
  for (let i = 0; i < 17; i++) reader.read(more);

  const facts = reader.finish(true);
  expect(facts.problem).toBe("more tool arguments and thoughts than are kept");
  expect(facts.usage).toMatchObject({ inputTokens: 7, partial: true });
  expect(facts.thoughts.map(textOf).join("").length).toBe(15 * 1_024 * 1_024);
});

interface Answer {
  readonly format: Format;
  readonly kind: AnswerKind;
  readonly complete: boolean;
}

function read({ format, kind, complete }: Answer, chunks: Iterable<Uint8Array>): AnswerFacts {
  const reader = format.createReader(kind);
  for (const chunk of chunks) reader.read(chunk);
  return reader.finish(complete);
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

function event(data: object): string {
  return dataLine(JSON.stringify(data));
}

function dataLine(data: string): string {
  return `data: ${data}\n\n`;
}

function textOf({ text }: { readonly text: string }): string {
  return text;
}
