/**
 * An event of an Anthropic stream that carries when it was sent, in
 * microseconds of the machine's monotonic clock, which all processes share.
 * All such events are of one length, so they can be made and read cheaply.
 */
export function timedEvent(sentAtUs: number): Buffer {
  const text = String(sentAtUs).padStart(digits, "0");
  const delta = { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } };
  return Buffer.from(`event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`);
}

/** Now, by that clock. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

const digits = 16;
const mark = Buffer.from('"text_delta","text":"');
const endOfEvents = "\n".charCodeAt(0);

/** Finds timed events in what comes over a socket, wherever it was split. */
export class TimedEventReader {
  #rest: Buffer | undefined;

  /** Calls `onEvent` for each event that is complete now, with when it was sent. */
  push(piece: Buffer, onEvent: (sentAtUs: number) => void): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, piece]) : piece;
    let readTo = 0;
    for (;;) {
      const at = bytes.indexOf(mark, readTo);
      const from = at + mark.length;
      if (at === -1 || from + digits > bytes.length) break;
      onEvent(Number(bytes.toString("latin1", from, from + digits)));
      readTo = from + digits;
    }
    // Whoever sends whole events ends with a line's end, and nothing is kept then.
    this.#rest = bytes.at(-1) === endOfEvents ? undefined : bytes.subarray(readTo);
  }
}
