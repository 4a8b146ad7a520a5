import type { NetConnectOpts } from "node:net";
import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type CoderdClients,
  type ServingGateway,
  serveCoderd,
  startGateway,
} from "@aibridge/testing/harness";
import { createProvider } from "../create-provider.ts";
import { setUpCluster } from "../set-up-cluster.ts";
import { startSocketRelay } from "../socket-relay.ts";
import { createNamespace, type Namespace } from "./namespace.ts";
import { coderdWithin, port } from "./partitioned-cluster.ts";

/**
 * A gateway whose only coderd reaches the database across a network that can be
 * broken, and another coderd on that database, which the gateway doesn't know.
 */
export interface CutOffCluster extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  /** The network between coderd and the database; the gateway is on the steady link. */
  readonly namespace: Namespace;
  /** Clients of the coderd that is not cut off. */
  readonly owner: CoderdClients;
  readonly gateway: ServingGateway;
}

/** Starts it on an empty PostgreSQL database. */
export async function startCutOffCluster(databaseUrl: string): Promise<CutOffCluster> {
  await using stack = new AsyncDisposableStack();
  const { upstream, env, ownerKey, gatewayKey } = await setUpCluster(stack, databaseUrl);
  const { owner } = stack.use(await serveCoderd(env, ownerKey));
  await createProvider(owner, "anthropic", upstream);

  const namespace = stack.use(await createNamespace(3));
  const host = namespace.oursOnBreakable;
  const relay = stack.use(await startSocketRelay(placeOf(databaseUrl), { host }));
  const across = acrossUrl(databaseUrl, host, relay.port);
  const known = stack.use(coderdWithin(namespace, { ...env, DATABASE_URL: across }));
  await known.ready();
  const url = `http://${namespace.steady}:${port}`;
  const gateway = stack.use(await startGateway({ url, gatewayKey }));
  const owned = stack.move();
  return {
    upstream,
    namespace,
    owner,
    gateway,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Where a database listens: libpq takes a folder of sockets for a host. */
function placeOf(databaseUrl: string): NetConnectOpts {
  const { hostname: host, port, searchParams } = new URL(databaseUrl);
  const folder = searchParams.get("host");
  return folder
    ? { path: `${folder}/.s.PGSQL.${port || 5432}` }
    : { host, port: Number(port || 5432) };
}

function acrossUrl(databaseUrl: string, host: string, port: number): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete("host");
  url.host = `${host}:${port}`;
  return url.href;
}
