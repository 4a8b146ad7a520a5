import {
  type WatchProvidersRequest,
  type WatchProvidersResponse,
  WatchProvidersResponseSchema,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { ServiceContext } from "./context.ts";
import { readConfiguration } from "./provider-configuration.ts";
import { acceptWatchCaller } from "./watch-caller.ts";

/** With the time from one state of the feed to the next, well within a second. */
const heartbeatMs = 800;

/**
 * Sends a gateway the configuration of providers whenever it changed. The stream
 * ends as soon as the gateway's own key is revoked: it carries credentials.
 */
export async function* watchProviders(
  { knownRevision }: WatchProvidersRequest,
  { values, signal }: Pick<HandlerContext, "values" | "signal">,
  context: ServiceContext,
): AsyncGenerator<WatchProvidersResponse> {
  using follower = context.changes.join(signal);
  const caller = await acceptWatchCaller(values, context);
  const first = await readMessage(knownRevision, context);
  yield first;
  let { revision } = first;
  let sentMs = performance.now();
  for await (const told of follower.follow(caller.revision)) {
    caller.requireLive(told);
    if (told.providersRevision > revision) {
      const message = await readMessage(revision, context);
      yield message;
      revision = message.revision;
    } else if (performance.now() - sentMs >= heartbeatMs) {
      yield create(WatchProvidersResponseSchema, { revision });
    } else {
      continue;
    }
    sentMs = performance.now();
  }
}

async function readMessage(
  knownRevision: bigint,
  context: ServiceContext,
): Promise<WatchProvidersResponse> {
  const { revision, configs } = await readConfiguration(knownRevision, context);
  return create(WatchProvidersResponseSchema, {
    revision,
    changed: configs !== undefined,
    providers: configs ?? [],
  });
}
