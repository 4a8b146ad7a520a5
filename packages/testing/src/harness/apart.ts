import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fieldOf, startAibridge } from "./aibridge.ts";
import { bootstrap, type FirstKeys } from "./bootstrap.ts";
import { type ServingCoderd, serveCoderd } from "./serve-coderd.ts";
import type { StartedProcess } from "./started-process.ts";

/** An aibridged that serves. */
export interface ServingGateway extends AsyncDisposable {
  /** The process that runs, or ran last. */
  readonly process: StartedProcess;
  /** Both the same after a restart. */
  readonly gatewayUrl: string;
  readonly adminUrl: string;
  /** The folder of its spool: temporary, and removed at the end. */
  readonly spool: string;
  /** Starts it again, after it ended, at the same addresses on the same spool. */
  restart(): Promise<void>;
}

/** How to start a coderd; all of it may be left out. */
export interface CoderdOptions {
  /** An empty database to keep the store in. Left out: an embedded store. */
  readonly databaseUrl?: string;
  /** Further variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A coderd on a store of its own, and the keys that the store began with. */
export interface Coderd extends ServingCoderd, FirstKeys {}

/** Starts coderd as a process of its own, on a new store with an owner, a user and a gateway key. */
export async function startCoderd({
  databaseUrl,
  env: further = {},
}: CoderdOptions = {}): Promise<Coderd> {
  await using stack = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), "aibridge-e2e-"));
  stack.defer(() => rm(data, { recursive: true, force: true }));
  const env = {
    HOME: data,
    ...(databaseUrl === undefined ? { AIBRIDGE_DATA: data } : { DATABASE_URL: databaseUrl }),
    AIBRIDGE_ENCRYPTION_KEYS: `first:${randomBytes(32).toString("base64")}`,
    ...further,
  };
  const keys = await bootstrap(env);
  const serving = stack.use(await serveCoderd(env, keys.ownerKey));
  const owned = stack.move();
  return {
    ...keys,
    url: serving.url,
    owner: serving.owner,
    get process() {
      return serving.process;
    },
    restart: serving.restart,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts aibridged as a process of its own, for a coderd. */
export async function startGateway(
  { url, gatewayKey }: Pick<Coderd, "url" | "gatewayKey">,
  env: Readonly<Record<string, string>> = {},
): Promise<ServingGateway> {
  const spool = await mkdtemp(join(tmpdir(), "aibridge-spool-"));
  const start = (listen: Readonly<Record<string, string>>) =>
    startServing({
      AIBRIDGE_SPOOL: spool,
      AIBRIDGE_CODERD_URL: url,
      AIBRIDGE_GATEWAY_KEY: gatewayKey,
      ...env,
      ...listen,
    });
  const removeSpool = () => rm(spool, { recursive: true, force: true });
  let running = await start({
    AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
    AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
  }).catch(async (error) => {
    await removeSpool();
    throw error;
  });
  const { gatewayUrl, adminUrl } = running;
  return {
    gatewayUrl,
    adminUrl,
    spool,
    get process() {
      return running.process;
    },
    async restart() {
      await running.process.exited;
      running = await start({
        AIBRIDGE_GATEWAY_LISTEN: new URL(gatewayUrl).host,
        AIBRIDGE_ADMIN_LISTEN: new URL(adminUrl).host,
      });
    },
    async [Symbol.asyncDispose]() {
      await running.process[Symbol.asyncDispose]();
      await removeSpool();
    },
  };
}

async function startServing(env: Readonly<Record<string, string>>) {
  const process = startAibridge(["aibridged", "--json"], env);
  try {
    const ready = await process.ready();
    return {
      process,
      gatewayUrl: fieldOf(ready, "gatewayUrl"),
      adminUrl: fieldOf(ready, "adminUrl"),
    };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}
