import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { PostgresServer } from "@aibridge/testing/postgres";

/**
 * Freezes a server with all its processes, as a disk that hangs does: its
 * connections stay open, new ones are accepted, and nothing answers.
 *
 * @returns ends that. Call it in any case: a frozen server can't be stopped.
 */
export async function freezePostgres({ url }: PostgresServer): Promise<() => void> {
  const folder = new URL(url).searchParams.get("host") ?? "";
  const [pid] = (await readFile(join(folder, "data", "postmaster.pid"), "utf8")).split("\n");
  const postmaster = Number(pid);
  // The one that makes processes first: then there are no more to be missed.
  process.kill(postmaster, "SIGSTOP");
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, "utf8");
  const frozen = [postmaster, ...children.split(" ").filter(Boolean).map(Number)];
  const signalAll = (signal: NodeJS.Signals) => {
    for (const id of frozen) process.kill(id, signal);
  };
  signalAll("SIGSTOP");
  return () => signalAll("SIGCONT");
}
