import { type ChildProcess, spawn } from "node:child_process";
import { JsonLines, type Line } from "./json-lines.ts";

/** What to run, and in what surroundings. Nothing of ours is inherited but `PATH`. */
export interface ProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a process may take to print its ready line, and to end after SIGTERM. */
const readyTimeoutMs = 60_000;
const exitTimeoutMs = 10_000;

/**
 * A real process in a process group of its own, so that whatever it starts
 * ends with it. Disposing it asks it to end, and kills it if it does not; the
 * end of the test runner kills it too.
 */
export class StartedProcess implements AsyncDisposable {
  /** What it printed on stdout. */
  readonly output: JsonLines;
  /** What it logged on stderr. */
  readonly logs: JsonLines;
  /** Resolves when it ended and all its output was read. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #ended = new AbortController();

  constructor({ command, args, env, cwd }: ProcessOptions) {
    const child = spawn(command, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.output = new JsonLines(child.stdout);
    this.logs = new JsonLines(child.stderr);
    const reap = () => this.#signalGroup("SIGKILL");
    process.once("exit", reap);
    const { promise, resolve } = Promise.withResolvers<Exit>();
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("close", (code, signal) => resolve({ code, signal }));
    this.exited = promise.finally(() => {
      process.removeListener("exit", reap);
      this.#ended.abort(new Error(`${args.join(" ")} ended`));
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("the process did not start");
    return this.#child.pid;
  }

  /**
   * Resolves to the first JSON object on stdout. Rejects, showing the log, if
   * the process ends before that or takes longer than 60 s.
   */
  async ready(): Promise<Line> {
    try {
      return await this.#firstOf(this.output, (line) => !("text" in line));
    } catch (cause) {
      throw new Error(`not ready\n${this.output.tail()}\n${this.logs.tail()}`, { cause });
    }
  }

  /** Resolves to the first log line that holds these fields, past or to come. */
  async logged(wants: (line: Line) => boolean): Promise<Line> {
    return await this.#firstOf(this.logs, wants);
  }

  /** Sends a signal to this process alone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Freezes the whole group: its sockets stay open and nothing answers. */
  freeze(): void {
    this.#signalGroup("SIGSTOP");
  }

  /** Ends a `freeze`. */
  thaw(): void {
    this.#signalGroup("SIGCONT");
  }

  /** Kills the whole group, and resolves when it is gone. */
  async kill(): Promise<Exit> {
    this.#signalGroup("SIGKILL");
    return await this.exited;
  }

  /** Asks it to end, kills it after 10 s, and resolves when it is gone. */
  async stop(): Promise<Exit> {
    this.thaw();
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.#signalGroup("SIGKILL"), exitTimeoutMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    // What it started might have outlived it.
    this.#signalGroup("SIGKILL");
  }

  async #firstOf(lines: JsonLines, wants: (line: Line) => boolean): Promise<Line> {
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(readyTimeoutMs)]);
    return await lines.first(wants, signal);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      // A negative id means the group (kill(2)).
      process.kill(-this.#child.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}
