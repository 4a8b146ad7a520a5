import { LRUCache } from "lru-cache";
import type { Renewal } from "./deferred-id.ts";

/**
 * By which id a provider goes on from an answer of several rounds. A client
 * knows such a response by the id of its first round, for a stream names it
 * when it begins; the provider has the whole of it under the last one's.
 *
 * Owned by the gateway: the newest 50,000, lost when it ends. Where an answer
 * ends with a call for the client, its id carries the same from gateway to
 * gateway.
 */
export interface ResponseIds {
  renew(renewal: Renewal): void;
  /** The id to go on from; undefined if the one given is as good as any. */
  newest(id: string): string | undefined;
}

const idsMax = 50_000;

export function createResponseIds(): ResponseIds {
  const ids = new LRUCache<string, string>({ max: idsMax });
  return { renew: ({ first, last }) => void ids.set(first, last), newest: (id) => ids.get(id) };
}
