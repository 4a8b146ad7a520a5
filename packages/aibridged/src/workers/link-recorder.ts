import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import {
  type EventCodec,
  type LeftEvent,
  type Log,
  type RecordEvent,
  type Recorder,
  SpoolFullError,
  type StartedEvent,
} from "@aibridge/aibridge";
import { batchedWrites } from "./batched-writes.ts";
import { createFrameReader } from "./frames.ts";
import { eventFrame, type LinkEventKind, readAnswerFrame } from "./link-frames.ts";
import { createUntaken } from "./untaken.ts";

/** A worker's recorder. */
export interface LinkRecorder extends Recorder {
  /** What the keeper may not have taken: to be left for the next one, should this one be gone. */
  untaken(): readonly LeftEvent[];
}

/** What may wait for a keeper that takes events more slowly than they come. */
const defaultPendingBytesMax = 16 * 1_024 * 1_024;

export interface LinkRecorderOptions {
  /** To the keeper, and nothing else on it. */
  readonly stream: Duplex;
  readonly codec: EventCodec;
  /** While so much waits, starts are refused; default 16 MiB. What follows a start is taken still. */
  readonly pendingBytesMax?: number;
  /** Told of each event that could not be encoded. */
  readonly onDrop: () => void;
  readonly log: Log;
}

/**
 * A worker's recorder: it hands events to the keeper, who has the spool, and
 * resolves a start when the keeper says that it is durable. Without a keeper
 * every start is refused. A wait for the keeper is a wait for its disk, and has
 * no other deadline.
 *
 * A start, and what an end concludes, is with the kernel before the provider is
 * asked and before the answer's end is sent: the keeper has it however this
 * process dies.
 */
export function createLinkRecorder(options: LinkRecorderOptions): LinkRecorder {
  const { stream, codec, log, pendingBytesMax = defaultPendingBytesMax } = options;
  const waiting = new Map<number, PromiseWithResolvers<void>>();
  const write = batchedWrites(stream);
  const untaken = createUntaken(pendingBytesMax);
  let starts = 0;
  let isClosing = false;

  function send(kind: LinkEventKind, event: RecordEvent): void {
    const { id, interceptionId } = event;
    const bytes = codec.encode(event);
    untaken.add({ kind, bytes }, kind === "started" ? starts : undefined);
    write(eventFrame(kind, { id, interceptionId, bytes }), kind !== "other");
  }

  async function started(event: StartedEvent): Promise<void> {
    if (isClosing || !stream.writable) throw new SpoolFullError("the keeper takes no more events");
    if (stream.writableLength > pendingBytesMax) throw new SpoolFullError("the keeper is behind");
    send("started", event);
    const durable = Promise.withResolvers<void>();
    waiting.set(starts, durable);
    starts += 1;
    await durable.promise;
  }

  function record(event: Exclude<RecordEvent, StartedEvent>): void {
    const { id, interceptionId, kind } = event;
    try {
      send(kind === "ended" ? kind : "other", event);
    } catch (err) {
      options.onDrop();
      log.error({ err, eventId: id, interceptionId, kind }, "record event lost");
    }
  }

  async function close(): Promise<void> {
    if (isClosing || stream.destroyed) return;
    isClosing = true;
    stream.end();
    // A keeper that is gone takes nothing any more, and ends what was open at its next start.
    await finished(stream, { readable: false }).catch(() => {});
  }

  function onAnswer(body: Buffer): void {
    const { start, isDurable } = readAnswerFrame(body);
    const durable = waiting.get(start);
    waiting.delete(start);
    untaken.taken(start);
    if (isDurable) durable?.resolve();
    else durable?.reject(new SpoolFullError("the keeper's spool takes nothing"));
  }

  stream.on("data", createFrameReader(onAnswer));
  stream.on("error", (err) => log.error({ err }, "the link to the keeper broke"));
  stream.once("close", () => {
    for (const { reject } of waiting.values()) reject(new SpoolFullError("the keeper is gone"));
    waiting.clear();
  });
  return { started, record, close, untaken: untaken.all };
}
