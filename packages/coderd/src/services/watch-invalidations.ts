import {
  type WatchInvalidationsRequest,
  type WatchInvalidationsResponse,
  WatchInvalidationsResponseSchema,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { Told } from "../changes/change-feed.ts";
import type { Store } from "../store/store.ts";
import type { ServiceContext } from "./context.ts";
import { acceptWatchCaller } from "./watch-caller.ts";

/**
 * Tells a gateway what it must forget.
 *
 * A message that leaves at the time t says that whatever was committed before
 * t - 250 ms (`freshMs`) was told. So a gateway that trusts its memory for some
 * time after each message trusts it for that much longer than the truth.
 */
export async function* watchInvalidations(
  { sinceRevision }: WatchInvalidationsRequest,
  { values, signal }: Pick<HandlerContext, "values" | "signal">,
  context: ServiceContext,
): AsyncGenerator<WatchInvalidationsResponse> {
  using follower = context.changes.join(signal);
  const caller = await acceptWatchCaller(values, context);
  const missed = await missedSince(sinceRevision, caller.revision, context.store);
  caller.requireLive({ invalidations: missed.invalidations ?? [] });
  caller.requireFresh();
  yield messageFrom(missed);
  for await (const told of follower.follow(missed.keysRevision)) {
    // First of all: a gateway whose own key was revoked must forget what it learned by it.
    yield messageFrom(told);
    caller.requireLive(told);
  }
}

interface Missed {
  readonly keysRevision: bigint;
  /** Undefined if it can't be told. */
  readonly invalidations: Told["invalidations"] | undefined;
}

/** What a gateway missed, up to `revision` or later. One that remembers nothing missed nothing. */
async function missedSince(since: bigint, revision: bigint, store: Store): Promise<Missed> {
  if (since === 0n || since === revision) return { keysRevision: revision, invalidations: [] };
  return store.changes.since(since);
}

function messageFrom({ keysRevision, invalidations }: Missed): WatchInvalidationsResponse {
  const entries = invalidations ?? [];
  return create(WatchInvalidationsResponseSchema, {
    revision: keysRevision,
    apiKeyIds: unique(entries.flatMap(({ apiKeyIds }) => apiKeyIds)),
    userIds: unique(entries.flatMap(({ userIds }) => userIds)),
    gatewayKeyIds: unique(entries.flatMap(({ gatewayKeyIds }) => gatewayKeyIds)),
    reset: invalidations === undefined,
  });
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
