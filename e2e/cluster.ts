import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type CoderdClients,
  coderdClients,
  fieldOf,
  type ServingGateway,
  type StartedProcess,
  startAibridge,
  startGateway,
} from "@aibridge/testing/harness";

/** One coderd of several on one database. */
interface ClusterCoderd {
  /** The same after a restart. */
  readonly url: string;
  /** The process that runs, or ran last. */
  readonly process: StartedProcess;
  /** Clients that present the owner's key. */
  readonly owner: CoderdClients;
  /** Starts it again, after it ended, at the same address. */
  restart(): Promise<void>;
}

/** Two coderd on one database, gateways that know both, and a provider `anthropic`. */
export interface Cluster extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderds: readonly [ClusterCoderd, ClusterCoderd];
  readonly gateways: readonly ServingGateway[];
}

/** Starts them on an empty PostgreSQL database. Every other gateway prefers the second coderd. */
export async function startCluster(
  databaseUrl: string,
  { gateways = 3 }: { gateways?: number } = {},
): Promise<Cluster> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFakeUpstream({ validates: false }));
  const home = await mkdtemp(join(tmpdir(), "aibridge-cluster-"));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const env = {
    HOME: home,
    DATABASE_URL: databaseUrl,
    AIBRIDGE_ENCRYPTION_KEYS: `first:${randomBytes(32).toString("base64")}`,
  };
  const { ownerKey, gatewayKey } = await bootstrap(env);
  const start = async () => {
    const coderd = await startCoderd(env, ownerKey);
    stack.defer(() => coderd.process[Symbol.asyncDispose]());
    return coderd;
  };
  const coderds = [await start(), await start()] as const;
  await coderds[0].owner.providers.createProvider({
    name: "anthropic",
    type: ProviderType.ANTHROPIC,
    baseUrl: upstream.url,
    credential: "sk-upstream",
  });
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

async function bootstrap(env: Readonly<Record<string, string>>) {
  await using process = startAibridge(["bootstrap", "--json"], env);
  const made = await process.ready();
  await process.exited;
  return { ownerKey: fieldOf(made, "ownerKey"), gatewayKey: fieldOf(made, "gatewayKey") };
}

async function startCoderd(
  env: Readonly<Record<string, string>>,
  ownerKey: string,
): Promise<ClusterCoderd> {
  const start = async (listen: string) => {
    const process = startAibridge(["coderd", "--json"], { ...env, AIBRIDGE_CODERD_LISTEN: listen });
    return { process, url: fieldOf(await process.ready(), "url") };
  };
  let running = await start("127.0.0.1:0");
  const { url } = running;
  return {
    url,
    owner: coderdClients(url, ownerKey),
    get process() {
      return running.process;
    },
    async restart() {
      await running.process.exited;
      running = await start(new URL(url).host);
    },
  };
}
