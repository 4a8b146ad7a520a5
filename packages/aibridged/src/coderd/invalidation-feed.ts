import type { Invalidation, InvalidationSource } from "@aibridge/aibridge";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { createClient } from "@connectrpc/connect";
import type { Coderds } from "./coderds.ts";
import { keepStream } from "./keep-stream.ts";

export interface InvalidationFeedOptions {
  readonly coderds: Coderds;
  /** How long a stream may be silent until another one is opened. */
  readonly silenceMs: number;
}

/**
 * Tells of invalidations as coderd does, until `signal` aborts. A stream that
 * breaks is followed by one that goes on from the last revision.
 */
export function followInvalidations(
  { coderds, silenceMs }: InvalidationFeedOptions,
  signal: AbortSignal,
): InvalidationSource {
  const listeners = new Set<(news: Invalidation) => void>();
  let sinceRevision = 0n;
  void keepStream(
    {
      coderds,
      silenceMs,
      open: (transport, streamSignal) =>
        createClient(AuthorizerService, transport).watchInvalidations(
          { sinceRevision },
          { signal: streamSignal },
        ),
      onMessage(news) {
        sinceRevision = news.revision;
        for (const listener of listeners) listener(news);
      },
    },
    signal,
  );
  return {
    subscribe(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}
