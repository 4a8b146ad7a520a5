import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { searchPath } from "./environment.ts";

/** A Redis server that a test owns, on a unix socket in a temporary folder. */
export interface RedisServer extends AsyncDisposable {
  /** The path of its socket, which clients take for a URL. Stays over `stop` and `start`. */
  readonly url: string;
  /** Ends it, with all it knew. Idempotent. */
  stop(): Promise<void>;
  /** Starts it again, knowing nothing. Resolves when it accepts connections. */
  start(): Promise<void>;
  /** Its connections stay open, and nothing answers. */
  freeze(): void;
  /** Ends a `freeze`. */
  thaw(): void;
}

/** Why no Redis can be started here; undefined if one can. */
export function redisMissing(): string | undefined {
  return binary === undefined ? "there is no redis-server: apt install redis-server" : undefined;
}

const binary = searchPath
  .split(":")
  .map((folder) => join(folder, "redis-server"))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Starts a server without persistence. Rejects if there is none to start. */
export async function startRedis(): Promise<RedisServer> {
  if (binary === undefined) throw new Error(redisMissing());
  const folder = await mkdtemp(join(tmpdir(), "aibridge-redis-"));
  const socket = join(folder, "redis.sock");
  let running: ChildProcess | undefined;

  async function start(): Promise<void> {
    running ??= await spawnRedis(binary ?? "", socket);
  }
  async function stop(): Promise<void> {
    const server = running;
    running = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  }
  await start();
  return {
    url: socket,
    start,
    stop,
    freeze: () => void running?.kill("SIGSTOP"),
    thaw: () => void running?.kill("SIGCONT"),
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function spawnRedis(path: string, socket: string): Promise<ChildProcess> {
  const options = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"];
  const server = spawn(path, options, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: server.stdout });
  const exited = once(server, "exit").then(([code]) => {
    throw new Error(`redis-server ended with ${code} before it was ready`);
  });
  const ready = (async () => {
    for await (const line of lines) if (/ready to accept connections/i.test(line)) return;
  })();
  await Promise.race([ready, exited]);
  exited.catch(() => {});
  server.stdout.resume();
  return server;
}
