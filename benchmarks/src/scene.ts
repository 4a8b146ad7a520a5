import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "@aibridge/testing/postgres";
import { type BenchProcess, startProcess } from "./process.ts";

/** Something that relays, on the core that is measured. */
export interface MeasuredProxy {
  readonly name: string;
  readonly process: BenchProcess;
  readonly url: string;
  /** The path at which it relays to the upstream's `/v1/messages`. */
  readonly path: string;
}

/** Everything a run needs, started. */
export interface Scene extends AsyncDisposable {
  readonly proxies: readonly MeasuredProxy[];
  readonly coderd: BenchProcess;
  /** A key that the gateway accepts. */
  readonly apiKey: string;
}

/** What is measured has this core for itself; everything else shares the other. */
export const measuredCore = 0;
export const otherCore = 1;

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const cli = file("../../packages/cli/src/main.ts");

export async function startScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(startProcess(otherCore, [file("processes/upstream.ts")]));
  const { url: upstreamUrl } = await upstream.nextLine<{ url: string }>();

  const database = stack.use(await startPostgres());
  const coderdEnv = {
    DATABASE_URL: database.url,
    AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
    AIBRIDGE_PRIVATE_UPSTREAMS: "allow",
    AIBRIDGE_ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 1).toString("base64")}`,
    AIBRIDGE_LOG_LEVEL: "info",
  };
  const first = stack.use(startProcess(otherCore, [cli, "bootstrap", "--json"], coderdEnv));
  const keys = await first.nextLine<{ ownerKey: string; apiKey: string; gatewayKey: string }>();
  const coderd = stack.use(startProcess(otherCore, [cli, "coderd", "--json"], coderdEnv));
  const { url: coderdUrl } = await coderd.nextLine<{ url: string }>();

  const admin = ["--url", coderdUrl, "--token", keys.ownerKey, "--json"];
  const create = ["providers", "create", "anthropic", "--type", "anthropic"];
  const credential = ["--base-url", upstreamUrl, "--credential-env", "BENCH_CREDENTIAL"];
  await using created = startProcess(otherCore, [cli, ...create, ...credential, ...admin], {
    BENCH_CREDENTIAL: "sk-bench",
  });
  await created.nextLine();

  const bareProxy = file("processes/bare-proxy.ts");
  const bare = stack.use(startProcess(measuredCore, [bareProxy, upstreamUrl]));
  const spool = await mkdtemp(join(tmpdir(), "aibridge-bench-"));
  stack.defer(() => rm(spool, { recursive: true, force: true }));
  const [withRpc, withGrpc] = ["connect", "grpc"].map((protocol) =>
    stack.use(
      startProcess(measuredCore, [
        ...[bareProxy, upstreamUrl, protocol, coderdUrl],
        ...[keys.gatewayKey, keys.apiKey],
      ]),
    ),
  ) as [BenchProcess, BenchProcess];
  const withoutRpc = stack.use(
    startProcess(measuredCore, [file("processes/gateway-without-rpc.ts"), upstreamUrl]),
  );
  const gateway = stack.use(
    startProcess(measuredCore, [cli, "aibridged", "--json"], {
      AIBRIDGE_CODERD_URL: coderdUrl,
      AIBRIDGE_GATEWAY_KEY: keys.gatewayKey,
      AIBRIDGE_SPOOL: spool,
      AIBRIDGE_PRIVATE_UPSTREAMS: "allow",
      AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
      AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
      AIBRIDGE_LOG_LEVEL: "info",
    }),
  );
  const ofBare = "/v1/messages";
  const ofGateway = `/anthropic${ofBare}`;
  const proxies = [
    await proxyFrom("bare", bare, ofBare),
    await proxyFrom("bare + RPC", withRpc, ofBare),
    await proxyFrom("bare + gRPC", withGrpc, ofBare),
    await proxyFrom("gateway - RPC", withoutRpc, ofGateway),
    await proxyFrom("gateway", gateway, ofGateway),
  ];
  const opened = stack.move();
  return {
    proxies,
    coderd,
    apiKey: keys.apiKey,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function proxyFrom(
  name: string,
  process: BenchProcess,
  path: string,
): Promise<MeasuredProxy> {
  const { url, gatewayUrl } = await process.nextLine<{ url?: string; gatewayUrl?: string }>();
  return { name, process, path, url: gatewayUrl ?? url ?? "" };
}

/** Starts the load generator on a job. */
export function startLoad(job: object): BenchProcess {
  return startProcess(otherCore, [file("processes/load.ts"), JSON.stringify(job)]);
}
