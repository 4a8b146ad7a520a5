import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A process of the benchmark, on a core of its own where the system can do that. */
export interface BenchProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line of its output, as JSON. Rejects if it ends before. */
  nextLine<T>(): Promise<T>;
  /** CPU time used so far, user and system, in microseconds. */
  cpuUs(): number;
  /** Resident memory in bytes. */
  residentBytes(): number;
}

const canPin = spawnSync("taskset", ["--version"]).status === 0;
/** Of Linux: `getconf CLK_TCK` is 100 everywhere Node runs. */
const usPerTick = 10_000;

export function startProcess(
  core: number,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): BenchProcess {
  const command = canPin ? "taskset" : process.execPath;
  const pinning = canPin ? ["-c", String(core), process.execPath] : [];
  const child = spawn(command, [...pinning, ...args], {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`can't start ${args[0]}`);
  return {
    pid,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${args.join(" ")} ended without an answer`);
      return JSON.parse(value);
    },
    cpuUs: () => ticksOf(pid) * usPerTick,
    residentBytes: () => residentOf(pid),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

// biome-ignore lint/style/noProcessEnv: children need the search path and a home.
const inherited = { PATH: process.env.PATH, HOME: process.env.HOME };

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

/** Fields 14 and 15 of proc(5)'s stat, after the command's name in parentheses. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
}
