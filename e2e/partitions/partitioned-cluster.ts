import { fileURLToPath } from "node:url";
import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type CoderdClients,
  coderdClients,
  type ServingGateway,
  StartedProcess,
  startGateway,
} from "@aibridge/testing/harness";
import { createProvider } from "../create-provider.ts";
import { setUpCluster } from "../set-up-cluster.ts";
import { createNamespace, type Namespace, within } from "./namespace.ts";

/** A coderd in a network namespace of its own. */
interface RemoteCoderd {
  /** The network between the gateway and it. */
  readonly namespace: Namespace;
  /** Clients that reach it in any case, and present the owner's key. */
  readonly owner: CoderdClients;
}

/** A gateway, and two coderds on one database, each across a network that can be broken. */
export interface PartitionedCluster extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderds: readonly [RemoteCoderd, RemoteCoderd];
  readonly gateways: readonly [ServingGateway];
}

const cli = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
/** Of every coderd: each has a network of its own. */
export const port = 7_080;

/** Starts it on an empty PostgreSQL database, which coderd reaches by a Unix socket. */
export async function startPartitionedCluster(databaseUrl: string): Promise<PartitionedCluster> {
  await using stack = new AsyncDisposableStack();
  const { upstream, env, ownerKey, gatewayKey } = await setUpCluster(stack, databaseUrl);
  const start = async (number: number): Promise<RemoteCoderd> => {
    const namespace = stack.use(await createNamespace(number));
    const coderd = stack.use(coderdWithin(namespace, env));
    await coderd.ready();
    const owner = coderdClients(`http://${namespace.steady}:${port}`, ownerKey);
    return { namespace, owner };
  };
  const coderds = [await start(1), await start(2)] as const;
  await createProvider(coderds[0].owner, "anthropic", upstream);
  const url = coderds.map(({ namespace }) => `http://${namespace.breakable}:${port}`).join(",");
  const gateway = stack.use(await startGateway({ url, gatewayKey }));
  const owned = stack.move();
  return {
    upstream,
    coderds,
    gateways: [gateway],
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts a coderd that listens on both links of a namespace. */
export function coderdWithin(
  namespace: Namespace,
  env: Readonly<Record<string, string>>,
): StartedProcess {
  const { command, args, path } = within(namespace, process.execPath, [cli, "coderd", "--json"]);
  return new StartedProcess({
    command,
    args,
    env: {
      ...env,
      PATH: path,
      AIBRIDGE_CODERD_LISTEN: `:${port}`,
      AIBRIDGE_PRIVATE_UPSTREAMS: "allow",
    },
  });
}
