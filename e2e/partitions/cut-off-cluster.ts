import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { NetConnectOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type CoderdClients,
  coderdClients,
  fieldOf,
  type ServingGateway,
  startAibridge,
  startGateway,
} from "@aibridge/testing/harness";
import { startSocketRelay } from "../socket-relay.ts";
import { createNamespace, type Namespace } from "./namespace.ts";
import { bootstrap, coderdWithin, port } from "./partitioned-cluster.ts";

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
  const upstream = stack.use(await startFakeUpstream({ validates: false }));
  const home = await mkdtemp(join(tmpdir(), "aibridge-cut-off-"));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const env = {
    HOME: home,
    DATABASE_URL: databaseUrl,
    AIBRIDGE_ENCRYPTION_KEYS: `first:${randomBytes(32).toString("base64")}`,
  };
  const { ownerKey, gatewayKey } = await bootstrap(env);
  const listen = { AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0" };
  const near = stack.use(startAibridge(["coderd", "--json"], { ...env, ...listen }));
  const owner = coderdClients(fieldOf(await near.ready(), "url"), ownerKey);
  await owner.providers.createProvider({
    name: "anthropic",
    type: ProviderType.ANTHROPIC,
    baseUrl: upstream.url,
    credential: "sk-upstream",
  });

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
