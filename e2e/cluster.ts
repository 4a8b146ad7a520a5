import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type ServingCoderd,
  type ServingGateway,
  serveCoderd,
  startGateway,
} from "@aibridge/testing/harness";
import { createProvider } from "./create-provider.ts";
import { setUpCluster } from "./set-up-cluster.ts";

/** Two coderds on one database, gateways that know both, and a provider `anthropic`. */
export interface Cluster extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderds: readonly [ServingCoderd, ServingCoderd];
  readonly gateways: readonly ServingGateway[];
}

/** Starts them on an empty PostgreSQL database. Every other gateway prefers the second coderd. */
export async function startCluster(
  databaseUrl: string,
  { gateways = 3 }: { gateways?: number } = {},
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const { upstream, env, ownerKey, gatewayKey } = await setUpCluster(stack, databaseUrl);
  const start = async () => stack.use(await serveCoderd(env, ownerKey));
  const coderds = [await start(), await start()] as const;
  await createProvider(coderds[0].owner, "anthropic", upstream);
  const urls = coderds.map(({ url }) => url);
  const serving: ServingGateway[] = [];
  for (let i = 0; i < gateways; i++) {
    const url = (i % 2 === 0 ? urls : urls.toReversed()).join(",");
    serving.push(stack.use(await startGateway({ url, gatewayKey })));
  }
  const owned = stack.move();
  return {
    upstream,
    coderds,
    gateways: serving,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
