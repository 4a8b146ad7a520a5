import { readFile } from "node:fs/promises";
import { setInterval as every } from "node:timers/promises";

/** How often a process is looked at. */
const lookEveryMs = 50;

/** The resident memory of a process in bytes: Linux, proc_pid_status(5). */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

/** Samples the resident memory of a process until told to stop, which gives the highest. */
export function watchMemory(pid: number): { stop(): Promise<number> } {
  const stopping = new AbortController();
  let highest = 0;
  const sample = async () => {
    highest = Math.max(highest, await residentBytes(pid));
  };
  const watching = (async () => {
    try {
      for await (const _ of every(lookEveryMs, undefined, { signal: stopping.signal }))
        await sample();
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      await sample();
      return highest;
    },
  };
}
