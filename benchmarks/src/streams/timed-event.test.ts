import { expect, test } from "@jest/globals";
import { TimedEventReader, timedEvent } from "./timed-event.ts";

const twoEvents = Buffer.concat([timedEvent(1_234), timedEvent(9_007_199_254_740_991)]);

function read(pieces: readonly Buffer[]): number[] {
  const reader = new TimedEventReader();
  const times: number[] = [];
  for (const piece of pieces) reader.push(piece, (time) => times.push(time));
  return times;
}

test("an event is what Anthropic would send, and always as long", () => {
  expect(timedEvent(1_234).toString()).toBe(
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"0000000000001234"}}\n\n',
  );
  expect(timedEvent(9_007_199_254_740_991).length).toBe(timedEvent(0).length);
});

test("two events in one piece are both read", () => {
  expect(read([twoEvents])).toEqual([1_234, 9_007_199_254_740_991]);
});

test("events are read once each, wherever they are split", () => {
  for (let at = 0; at <= twoEvents.length; at += 1) {
    const pieces = [twoEvents.subarray(0, at), twoEvents.subarray(at)];
    expect(read(pieces)).toEqual([1_234, 9_007_199_254_740_991]);
  }
  const bytewise = Array.from(twoEvents, (byte) => Buffer.from([byte]));
  expect(read(bytewise)).toEqual([1_234, 9_007_199_254_740_991]);
});

test("what comes before the first event is passed over", () => {
  const head = Buffer.from("HTTP/1.1 200 OK\r\n\r\n6\r\n: ping\r\n");
  expect(read([Buffer.concat([head, twoEvents])])).toEqual([1_234, 9_007_199_254_740_991]);
});
