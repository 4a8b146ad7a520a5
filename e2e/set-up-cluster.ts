import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { bootstrap, type FirstKeys } from "@aibridge/testing/harness";

/** What coderds on one database have in common. */
export interface ClusterSetup extends FirstKeys {
  /** To be the provider `anthropic`, once a coderd serves that can be told so. */
  readonly upstream: FakeUpstream;
  /** The variables of each coderd, but for its address. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Fills an empty PostgreSQL database with a schema and first keys, and starts an
 * upstream. Coderds are the caller's; what is made here ends with `stack`.
 */
export async function setUpCluster(
  stack: AsyncDisposableStack,
  databaseUrl: string,
): Promise<ClusterSetup> {
  const upstream = stack.use(await startFakeUpstream({ validates: false }));
  const home = await mkdtemp(join(tmpdir(), "aibridge-cluster-"));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const env = {
    HOME: home,
    DATABASE_URL: databaseUrl,
    AIBRIDGE_ENCRYPTION_KEYS: `first:${randomBytes(32).toString("base64")}`,
  };
  return { upstream, env, ...(await bootstrap(env)) };
}
