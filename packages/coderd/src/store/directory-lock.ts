import { readFile, rm, writeFile } from "node:fs/promises";
import { errorCode } from "../error-code.ts";
import { StoreError } from "./store-error.ts";

/** A lock that this process holds. Disposing releases it. */
export type DirectoryLock = AsyncDisposable;

const attemptsMax = 3;

/**
 * Locks a directory against other processes by the file `<directory>.lock`,
 * which holds the owner's process id: two processes on one embedded database
 * would destroy it. Rejects with a `StoreError` (`locked`) if the owner lives.
 *
 * The file of a process that was killed is taken over. A file that names this
 * very process counts as such: in a container every run may have the id 1.
 * (PostgreSQL's own postmaster.pid is judged the same way.)
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const file = `${directory}.lock`;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    try {
      await writeFile(file, `${process.pid}\n`, { flag: "wx" });
      return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    const owner = Number(await readFile(file, "utf8").catch(() => ""));
    if (owner !== process.pid && isAlive(owner)) {
      throw new StoreError("locked", `${directory} is in use by process ${owner}`);
    }
    await rm(file, { force: true });
  }
  throw new StoreError("locked", `${directory} is being opened by another process`);
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return false;
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // Not ours to signal, but there.
    return errorCode(error) === "EPERM";
  }
}
