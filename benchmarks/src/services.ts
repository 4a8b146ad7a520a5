import { fileURLToPath } from "node:url";
import { startPostgres } from "@aibridge/testing/postgres";
import {
  type BenchProcess,
  type Cores,
  coresFrom,
  keepTo,
  startProbed,
  startProcess,
} from "./process.ts";
import { createRecordCheck, type RecordCheck } from "./record-check.ts";

/** What a gateway needs around it: an upstream, a coderd on Postgres, and keys. */
export interface Services {
  readonly upstreamUrl: string;
  readonly coderd: BenchProcess;
  readonly coderdUrl: string;
  /** What coderd has on record. */
  readonly record: RecordCheck;
  /** A key that the gateway accepts. */
  readonly apiKey: string;
  readonly gatewayKey: string;
}

/** What is measured has this core for itself; everything else shares the others. */
export const measuredCore: Cores = "0";
export const otherCores: Cores = coresFrom(1);

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The `aibridge` command. */
export const cli = file("../../packages/cli/src/main.ts");

/** The path of a program of the benchmark. */
export const program = (name: string) => file(`processes/${name}.ts`);

/**
 * Starts them with a provider `anthropic` at an upstream, by default the
 * program `upstream`; `stack` ends them.
 */
export async function startServices(
  stack: AsyncDisposableStack,
  upstreamArgs: readonly string[] = [program("upstream")],
): Promise<Services> {
  const upstream = stack.use(startProcess(otherCores, upstreamArgs));
  const { url: upstreamUrl } = await upstream.nextLine<{ url: string }>();

  // This process starts PostgreSQL, which runs where it does.
  keepTo(otherCores);
  const database = stack.use(await startPostgres());
  const coderdEnv = {
    DATABASE_URL: database.url,
    AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
    AIBRIDGE_PRIVATE_UPSTREAMS: "allow",
    AIBRIDGE_ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 1).toString("base64")}`,
    AIBRIDGE_LOG_LEVEL: "info",
  };
  await using first = startProcess(otherCores, [cli, "bootstrap", "--json"], coderdEnv);
  const keys = await first.nextLine<{ ownerKey: string; apiKey: string; gatewayKey: string }>();
  const coderd = stack.use(startProbed(otherCores, [cli, "coderd", "--json"], coderdEnv));
  const { url: coderdUrl } = await coderd.nextLine<{ url: string }>();
  const record = stack.use(createRecordCheck(database.url));

  const admin = ["--url", coderdUrl, "--token", keys.ownerKey, "--json"];
  const create = ["providers", "create", "anthropic", "--type", "anthropic"];
  const credential = ["--base-url", upstreamUrl, "--credential-env", "BENCH_CREDENTIAL"];
  await using created = startProcess(otherCores, [cli, ...create, ...credential, ...admin], {
    BENCH_CREDENTIAL: "sk-bench",
  });
  await created.nextLine();
  return { upstreamUrl, coderd, coderdUrl, record, ...keys };
}
