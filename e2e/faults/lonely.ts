import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import { type ServingCoderd, type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { startCluster } from "../cluster.ts";
import { createProvider } from "../create-provider.ts";

/**
 * Two coderds on one database, of which gateways know one: whatever is done to
 * that one, the other can revoke, and they have nobody else to ask.
 */
export interface Lonely extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly known: ServingCoderd;
  readonly other: ServingCoderd;
  /** Starts a gateway; it is the caller's. */
  startGateway(env?: Readonly<Record<string, string>>): Promise<ServingGateway>;
}

/** Starts them on an empty PostgreSQL database, with providers `anthropic` and `openai`. */
export async function startLonely(databaseUrl: string): Promise<Lonely> {
  await using stack = new AsyncDisposableStack();
  const { upstream, coderds } = stack.use(await startCluster(databaseUrl, { gateways: 0 }));
  const [known, other] = coderds;
  await createProvider(known.owner, "openai", upstream);
  const { key: gatewayKey } = await known.owner.gatewayKeys.createGatewayKey({ name: "lonely" });
  const owned = stack.move();
  return {
    upstream,
    known,
    other,
    startGateway: (env) => startGateway({ url: known.url, gatewayKey }, env),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
