import type { Duplex } from "node:stream";
import { type ForeignEvent, interruptionOf, type SpoolRecorder } from "@aibridge/aibridge";
import type { Logger } from "@aibridge/runtime";
import { batchedWrites } from "./batched-writes.ts";
import { createFrameReader } from "./frames.ts";
import { answerFrame, readEventFrame } from "./link-frames.ts";

export interface RecordLinkOptions {
  /** To the worker, and nothing else on it. */
  readonly stream: Duplex;
  readonly recorder: Pick<SpoolRecorder, "encoded" | "record">;
  readonly log: Logger;
}

/**
 * Takes a worker's events until its end of the stream closes, which the kernel
 * sees to however the worker ends. What the worker had begun and not ended is
 * ended as interrupted then.
 *
 * @returns resolves, never rejects, when that is done: to how many there were.
 */
export function takeEvents({ stream, recorder, log }: RecordLinkOptions): Promise<number> {
  const open = new Set<string>();
  const committing = new Set<Promise<void>>();
  const write = batchedWrites(stream);
  const { promise: ended, resolve } = Promise.withResolvers<number>();
  let starts = 0;

  async function start(event: ForeignEvent, number: number): Promise<void> {
    const { interceptionId } = event;
    open.add(interceptionId);
    const isDurable = await recorder.encoded.started(event).then(
      () => true,
      () => false,
    );
    if (!isDurable) open.delete(interceptionId);
    if (stream.writable) write(answerFrame({ start: number, isDurable }));
  }

  function onFrame(body: Buffer): void {
    const { kind, event } = readEventFrame(body);
    if (kind === "started") {
      const commit = start(event, starts).finally(() => committing.delete(commit));
      committing.add(commit);
      starts += 1;
      return;
    }
    if (kind === "ended") open.delete(event.interceptionId);
    recorder.encoded.record(event, kind);
  }

  async function onClose(): Promise<void> {
    // One that is refused in the end never began.
    await Promise.all(committing);
    const now = new Date();
    for (const interceptionId of open) recorder.record(interruptionOf(interceptionId, now));
    resolve(open.size);
  }

  const read = createFrameReader(onFrame);
  stream.on("data", (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
  stream.on("error", (err) => log.warn({ err }, "the link to a worker broke"));
  stream.once("close", () => void onClose());
  return ended;
}
