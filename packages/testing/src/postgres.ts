import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { copyNpmBinaries, findPostgresBinaries } from "./postgres-binaries.ts";

/** A PostgreSQL server that a test owns, in a temporary folder. */
export interface PostgresServer extends AsyncDisposable {
  /**
   * Connects as superuser to the database `postgres`. It names a unix socket in
   * the server's folder, so no two servers can meet on a port, and it stays the
   * same over `stop` and `start`.
   */
  readonly url: string;
  /** Ends every connection and the server; the data stays. Idempotent. */
  stop(): Promise<void>;
  /** Starts it again on the same data. Resolves when it accepts connections. */
  start(): Promise<void>;
}

// "nobody" on every Linux we know. PostgreSQL refuses to run as root.
const unprivilegedId = 65_534;
const logLinesMax = 50;

/**
 * Starts a server on fresh data, with production's durability settings, and
 * resolves when it accepts connections (about 1.5 s). Rejects if there are no
 * binaries to run (`path` is searched after the system's folders), if the
 * server dies before it is ready, with what it said, or if `signal` aborts.
 * Disposing stops it and removes its folder.
 */
export async function startPostgres(
  options: { path?: string; signal?: AbortSignal } = {},
): Promise<PostgresServer> {
  const binaries = await findPostgresBinaries(options.path ?? "");
  if (binaries === undefined) throw new Error("no PostgreSQL binaries were found");
  const root = await mkdtemp(join(tmpdir(), "aibridge-pg-"));
  const user = process.getuid?.() === 0 ? { uid: unprivilegedId, gid: unprivilegedId } : {};
  if (user.uid !== undefined) await chown(root, user.uid, user.gid);
  const spawnOptions = { ...user, cwd: root, env: { LC_ALL: "C" } };

  let server: ChildProcess | undefined;
  async function start(): Promise<void> {
    server ??= await spawnServer(join(bin, "postgres"), root, spawnOptions, options.signal);
  }
  async function stop(): Promise<void> {
    const running = server;
    server = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    // A "fast" shutdown: open sessions are ended, not waited for.
    running.kill("SIGINT");
    await once(running, "exit");
  }
  async function dispose(): Promise<void> {
    await stop();
    await rm(root, { recursive: true, force: true });
  }

  let bin = binaries.directory;
  try {
    if (binaries.npmRoot !== undefined) {
      bin = await copyNpmBinaries(binaries.npmRoot, join(root, "npm"));
    }
    await promisify(execFile)(
      join(bin, "initdb"),
      ["-D", join(root, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
      { ...spawnOptions, ...(options.signal && { signal: options.signal }) },
    );
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  const url = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(root)}`;
  return { url, start, stop, [Symbol.asyncDispose]: dispose };
}

async function spawnServer(
  file: string,
  root: string,
  options: { uid?: number; gid?: number; cwd: string; env: Record<string, string> },
  signal?: AbortSignal,
): Promise<ChildProcess> {
  const args = ["-D", join(root, "data"), "-k", root, "-c", "listen_addresses="];
  const child = spawn(file, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => {
    if (said.push(line) > logLinesMax) said.shift();
    if (line.includes("ready to accept connections")) resolve();
  });
  const onExit = () => reject(new Error(`postgres exited:\n${said.join("\n")}`));
  const onAbort = () => reject(signal?.reason);
  child.once("exit", onExit).once("error", reject);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    await promise;
    return child;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    child.off("exit", onExit);
    signal?.removeEventListener("abort", onAbort);
  }
}
