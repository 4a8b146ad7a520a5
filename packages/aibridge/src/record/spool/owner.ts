import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Another process writes this spool. */
export class SpoolInUseError extends Error {
  override readonly name = "SpoolInUseError";
}

/**
 * Makes this process the only owner of a spool's folder, until it is disposed
 * or dies. Process ids alone can't do it: they are used again, and each
 * container has its own pid 1. So the kernel keeps the lock, on a file that
 * SQLite locks for us, as Node has no flock(2) of its own; the kernel lets go
 * of it when the process ends, however it ends. `owner.pid` is for people.
 *
 * @throws SpoolInUseError
 */
export async function ownFolder(path: string): Promise<Disposable> {
  const pidFile = join(path, "owner.pid");
  const lock = new DatabaseSync(join(path, "owner.lock"), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    const pid = await readFile(pidFile, "utf8").catch(() => "unknown");
    throw new SpoolInUseError(`spool is in use by process ${pid.trim()}: ${path}`, { cause });
  }
  // Only for people, and a full disk must not keep the gateway from starting.
  await writeFile(pidFile, `${process.pid}\n`).catch(() => {});
  return { [Symbol.dispose]: () => lock.close() };
}
