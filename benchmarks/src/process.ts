import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ProbeAnswers } from "./probe.ts";

/** A process of the benchmark, on a core of its own where the system can do that. */
export interface BenchProcess extends AsyncDisposable {
  readonly pid: number;
  /** The next line of its output, as JSON. Rejects if it ends before. */
  nextLine<T>(): Promise<T>;
  /** CPU time used so far, user and system, in microseconds. */
  cpuUs(): number;
  /** Resident memory in bytes. */
  residentBytes(): number;
  /** How many file descriptors it has open: sockets, files, pipes. */
  openFiles(): number;
  /**
   * Asks the probe inside.
   *
   * @throws if the process was started without one, ended, or takes 30 s.
   */
  ask<Question extends keyof ProbeAnswers>(question: Question): Promise<ProbeAnswers[Question]>;
}

const canPin = spawnSync("taskset", ["--version"]).status === 0;

/** Cores of the machine, as `taskset` names them: `0`, or `1-3`. */
export type Cores = string;

/** All cores from that one on; the last one if the machine has not so many. */
export function coresFrom(first: number): Cores {
  const last = availableParallelism() - 1;
  return last > first ? `${first}-${last}` : String(last);
}

/** From now on this process, and whatever it starts, runs on these cores, where the system can do that. */
export function keepTo(cores: Cores): void {
  if (!canPin) return;
  const { status, stderr } = spawnSync("taskset", ["-a", "-p", "-c", cores, String(process.pid)]);
  if (status !== 0) throw new Error(`can't keep to cores ${cores}: ${stderr}`);
}

const answerWithinMs = 30_000;

type Variables = Readonly<Record<string, string | undefined>>;

/** Runs Node with these arguments. */
export function startProcess(
  cores: Cores,
  args: readonly string[],
  env: Variables = {},
): BenchProcess {
  return startCommand(cores, [process.execPath, ...args], { env });
}

const probe = fileURLToPath(new URL("processes/probe.ts", import.meta.url));

/** The same with a probe inside, which costs nothing until it is asked. */
export function startProbed(cores: Cores, args: readonly string[], env?: Variables): BenchProcess {
  const node = [process.execPath, "--expose-gc", "--import", probe];
  return startCommand(cores, [...node, ...args], { probed: true, ...(env && { env }) });
}

/** Runs any program, found by the search path. */
export function startCommand(
  cores: Cores,
  command: readonly string[],
  { env = {}, probed = false }: { env?: Variables; probed?: boolean } = {},
): BenchProcess {
  const pinning = canPin ? ["taskset", "-c", cores] : [];
  const [program = "", ...args] = [...pinning, ...command];
  const child = spawn(program, args, {
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "ignore", ...(probed ? (["ipc"] as const) : [])],
  });
  if (child.stdout === null) throw new Error(`${program} has no output`);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`can't start ${command[0]}`);
  // Questions wait for each other, as an answer doesn't say what was asked.
  let answered: Promise<unknown> = Promise.resolve();
  return {
    pid,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${command.join(" ")} ended without an answer`);
      return JSON.parse(value);
    },
    cpuUs: () => busyNsOf(pid) / 1_000,
    residentBytes: () => residentOf(pid),
    openFiles: () => readdirSync(`/proc/${pid}/fd`).length,
    ask(question) {
      const answer = answered.then(async () => {
        child.send(question);
        const signal = AbortSignal.timeout(answerWithinMs);
        const [message] = await once(child, "message", { signal });
        return message;
      });
      answered = answer.catch(() => undefined);
      return answer;
    },
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

/**
 * Of all its threads, in nanoseconds: proc(5)'s `schedstat`, which is finer than
 * the ticks of `stat` and does without threads that have ended. Ours don't.
 */
function busyNsOf(pid: number): number {
  let ns = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    ns += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return ns;
}

function residentOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1_024;
}
