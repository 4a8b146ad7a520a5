import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ConfigSource } from "@aibridge/runtime";
import { Failure } from "../failure.ts";
import {
  type ChildMessage,
  childMessage,
  stopMessage,
  supervisedVariable,
} from "../processes/supervisor.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

/** What a service says when it serves: the URLs of its ports. */
export type Ready = Readonly<Record<string, unknown>>;

/** A service in a process of its own. */
export interface Child {
  readonly processId: number | undefined;
  readonly ready: Ready;
  /** Resolves, with words about how, when the process has ended. */
  readonly ended: Promise<string>;
  /** Asks it to drain; asked again, to cut. */
  stop(): void;
  /** Ends it without asking. */
  kill(): void;
}

/**
 * Starts `aibridge <command>` and waits until it serves. Rejects with the
 * failure that the child reports, or if it ends or takes too long. When
 * `signal` aborts first the child is stopped, and this rejects with its reason.
 */
export async function startChild(
  command: string,
  env: ConfigSource,
  signal: AbortSignal,
): Promise<Child> {
  signal.throwIfAborted();
  const child = fork(main, [command], {
    env: { ...env, [supervisedVariable]: "1" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = endOf(child);
  const kill = () => void child.kill("SIGKILL");
  try {
    const ready = await readiness(command, child, ended, signal);
    return { processId: child.pid, ready, ended, stop: () => sendStop(child), kill };
  } catch (error) {
    kill();
    await ended;
    throw error;
  }
}

async function readiness(
  command: string,
  child: ChildProcess,
  ended: Promise<string>,
  signal: AbortSignal,
): Promise<Ready> {
  const ending = new AbortController();
  const stopWaiting = AbortSignal.any([signal, ending.signal, AbortSignal.timeout(readyTimeoutMs)]);
  const message = once(child, "message", { signal: stopWaiting });
  void ended.then((how) =>
    ending.abort(new Failure("not_started", `${command} ended ${how} before it served`)),
  );
  try {
    return readyFrom(childMessage.parse((await message)[0]));
  } catch (error) {
    throw stopWaiting.aborted ? reasonOf(stopWaiting, command) : error;
  }
}

/** How long a service may take to serve. Making an embedded store takes a few seconds. */
const readyTimeoutMs = 60_000;

function readyFrom(message: ChildMessage): Ready {
  if (message.type === "ready") return message.ready;
  throw new Failure(message.code, message.message, { exitCode: message.exitCode });
}

function reasonOf({ reason }: AbortSignal, command: string): unknown {
  if (!(reason instanceof DOMException) || reason.name !== "TimeoutError") return reason;
  return new Failure("not_started", `${command} did not serve within 60 s`);
}

async function endOf(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => {
    child.once("error", (error) => resolve(`with ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `with code ${code}` : `by ${signal}`),
    );
  });
}

function sendStop(child: ChildProcess): void {
  // The callback takes the error of a child that is just ending.
  if (child.connected) child.send(stopMessage, () => undefined);
}
