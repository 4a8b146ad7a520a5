import { gzipSync } from "node:zlib";

/** What a provider sends to harm who reads it. */
export interface Bomb {
  readonly name: string;
  readonly contentType: string;
  readonly contentEncoding?: string;
  /** The pieces of the body; iterated anew for each answer. */
  readonly pieces: () => Iterable<Buffer>;
}

function* repeat(times: number, text: string): Iterable<Buffer> {
  const piece = Buffer.from(text);
  for (let i = 0; i < times; i++) yield piece;
}

function* inTurn(...parts: readonly (string | Iterable<Buffer>)[]): Iterable<Buffer> {
  for (const part of parts) {
    if (typeof part === "string") yield Buffer.from(part);
    else yield* part;
  }
}

const block64 = "x".repeat(65_536);
/** Begins a message whose usage holds what follows. */
const usage =
  'event: message_start\ndata: {"type":"message_start","message":{"id":"a","usage":{"input_tokens":1,"x":';
const usageEnd = "}}}\n\n";

const stream = (name: string, pieces: Bomb["pieces"]): Bomb => ({
  name,
  contentType: "text/event-stream",
  pieces,
});
const whole = (name: string, pieces: Bomb["pieces"]): Bomb => ({
  name,
  contentType: "application/json",
  pieces,
});

/** All of them. The largest has 200 MB. */
export const bombs: readonly Bomb[] = [
  stream("200 MB without a line's end", () => repeat(3_200, block64)),
  stream("one event of 200 MB", () => inTurn("data: ", repeat(3_200, block64), "\n\n")),
  stream("one event of 2,000,000 lines", () =>
    inTurn(repeat(250, "data: x\n".repeat(8_000)), "\n"),
  ),
  stream("3,000,000 tiny events", () => repeat(100, "data:1\n\n".repeat(30_000))),
  stream("3,000,000 empty lines", () => repeat(50, "\n".repeat(60_000))),
  stream("comments without end", () => repeat(400, ":c\n".repeat(20_000))),
  stream("500,000 deltas", () =>
    repeat(
      100,
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}\n\n'.repeat(
        5_000,
      ),
    ),
  ),
  stream("500,000 tool calls", () =>
    repeat(
      100,
      'event: x\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"b","input":{}}}\n\n'.repeat(
        5_000,
      ),
    ),
  ),
  stream("usage of 10,000 levels", () =>
    inTurn(usage, '{"a":'.repeat(10_000), "1", "}".repeat(10_000), usageEnd),
  ),
  stream("usage of 1,500,000 levels", () =>
    inTurn(
      usage,
      repeat(15, '{"a":'.repeat(100_000)),
      "1",
      repeat(15, "}".repeat(100_000)),
      usageEnd,
    ),
  ),
  stream("usage of 5,000,000 objects", () =>
    inTurn(usage, "[", repeat(100, "{},".repeat(50_000)), "{}]", usageEnd),
  ),
  stream("usage of 15 MB", () => inTurn(usage, '"', repeat(230, block64), '"', usageEnd)),
  stream("bytes that are no UTF-8", () => repeat(100, "data: \u{fffd}\n\n".repeat(1_000))),
  {
    ...stream("gzip, which nobody asked for", () => [gzipSync(Buffer.alloc(100_000_000))]),
    contentEncoding: "gzip",
  },
  whole("100 MB that is no JSON", () => repeat(1_600, block64)),
  whole("30 MB of brackets", () =>
    inTurn(repeat(230, "[".repeat(65_536)), repeat(230, "]".repeat(65_536))),
  ),
];
