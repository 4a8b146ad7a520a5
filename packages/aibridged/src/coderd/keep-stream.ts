import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type { Coderd, Coderds } from "./coderds.ts";

export interface KeptStream<Message> {
  readonly coderds: Coderds;
  /** Makes the call, from where the stream before ended. Aborting `signal` must end it. */
  readonly open: (transport: Transport, signal: AbortSignal) => AsyncIterable<Message>;
  readonly onMessage: (message: Message) => void;
  /** A stream from which nothing came for so long is dead, whatever its connection says. */
  readonly silenceMs: number;
  /** Told of each stream that ended or could not be had. */
  readonly onEnd?: (error: unknown) => void;
}

/** A stream that lasted so long was a good one. */
const lastingMs = 1_000;
/** A new stream may take longer to begin: there is a connection to be made. */
const openWithinMs = 1_000;
const pauseMinMs = 50;
const pauseMaxMs = 500;

/**
 * Keeps a stream from some coderd until `signal` aborts: one that ends, or
 * falls silent, is opened again at once with the next one. Only when all have
 * failed in a row there is a pause, which grows. Never rejects.
 */
export async function keepStream<Message>(
  stream: KeptStream<Message>,
  signal: AbortSignal,
): Promise<void> {
  const { coderds, onEnd } = stream;
  let failures = 0;
  while (!signal.aborted) {
    const [coderd] = coderds.inOrder();
    if (!coderd) return;
    const openedAt = performance.now();
    const error = await readToEnd(coderd, stream, signal);
    if (signal.aborted) return;
    coderds.failed(coderd, error);
    onEnd?.(error);
    failures = performance.now() - openedAt > lastingMs ? 1 : failures + 1;
    const rounds = failures - coderds.size;
    if (rounds < 0) continue;
    const pauseMs = Math.min(pauseMaxMs, pauseMinMs * 2 ** rounds) * (0.5 + Math.random() / 2);
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** Reads one stream until it ends, and says why it did. Never rejects. */
async function readToEnd<Message>(
  coderd: Coderd,
  { coderds, open, onMessage, silenceMs }: KeptStream<Message>,
  signal: AbortSignal,
): Promise<unknown> {
  const over = new AbortController();
  const onAbort = () => over.abort(signal.reason);
  signal.addEventListener("abort", onAbort);
  const silence = watchSilence(silenceMs, (error) => over.abort(error));
  try {
    for await (const message of open(coderd.streams, over.signal)) {
      silence.heard();
      coderds.worked(coderd);
      onMessage(message);
    }
    return new ConnectError("the stream ended", Code.Unavailable);
  } catch (error) {
    return over.signal.aborted ? over.signal.reason : error;
  } finally {
    silence[Symbol.dispose]();
    signal.removeEventListener("abort", onAbort);
    over.abort();
  }
}

interface SilenceWatch extends Disposable {
  heard(): void;
}

function watchSilence(silenceMs: number, onSilence: (error: Error) => void): SilenceWatch {
  let messages = 0;
  let timer = setTimeout(check, Math.max(openWithinMs, silenceMs));
  function check(): void {
    const before = messages;
    // After a stop of the event loop timers come first, and what arrived
    // meanwhile after them: one turn later, silence is not mistaken for ours.
    setImmediate(() => {
      const ms = messages === 0 ? openWithinMs : silenceMs;
      if (messages !== before) return;
      onSilence(new ConnectError(`nothing came for ${ms} ms`, Code.DeadlineExceeded));
    });
  }
  return {
    heard() {
      messages++;
      clearTimeout(timer);
      timer = setTimeout(check, silenceMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
