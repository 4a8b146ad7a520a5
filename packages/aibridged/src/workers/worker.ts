import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { SpoolRecorder } from "@aibridge/aibridge";
import type { Logger } from "@aibridge/runtime";
import {
  type Answers,
  type KeeperMessage,
  linkDescriptor,
  type Question,
  type StartMessage,
  type WorkerMessage,
} from "./messages.ts";
import { takeEvents } from "./record-link.ts";

const program = fileURLToPath(new URL("./worker-process.ts", import.meta.url));

/** A worker that serves, in a process of its own. */
export interface Worker {
  readonly processId: number | undefined;
  /** Resolves, with words about how, when the process has ended and its record is complete. */
  readonly ended: Promise<string>;
  /** Undefined if it does not answer within a second. */
  ask<Q extends Question>(question: Q): Promise<Answers[Q] | undefined>;
  /** Asks it to drain; asked again, to cut. */
  stop(): void;
  /** Ends it without asking. */
  kill(): void;
}

export interface StartWorkerOptions extends Omit<StartMessage, "type"> {
  /** What it records goes there. */
  readonly recorder: Pick<SpoolRecorder, "encoded" | "record">;
  readonly log: Logger;
}

/** How long a worker may take to serve. It waits for coderd's first answer, or for none. */
const servesWithinMs = 60_000;
const answersWithinMs = 1_000;
/** How long a process may take to end after its link did. */
const endsWithinMs = 5_000;

/**
 * Starts a worker and waits until it serves. Rejects if it says that it can't,
 * ends or takes too long, or with the reason of `signal` when that aborts;
 * nothing is left of it then.
 */
export async function startWorker(
  { worker, variables, recorder, log }: StartWorkerOptions,
  signal: AbortSignal,
): Promise<Worker> {
  signal.throwIfAborted();
  const child = fork(program, [], {
    stdio: ["ignore", "ignore", "inherit", "ipc", "pipe"],
    serialization: "advanced",
  });
  const ended = endOf(child, { recorder, log });
  const kill = () => void child.kill("SIGKILL");
  try {
    send(child, { type: "start", worker, variables });
    await serves(child, ended, signal);
  } catch (error) {
    kill();
    await ended;
    throw error;
  }
  return {
    processId: child.pid,
    ended,
    ask: createAsking(child),
    stop: () => send(child, { type: "stop" }),
    kill,
  };
}

async function endOf(
  child: ChildProcess,
  { recorder, log }: Pick<StartWorkerOptions, "recorder" | "log">,
): Promise<string> {
  const exit = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`with ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `with code ${code}` : `by ${signal}`),
    );
  });
  const stream = child.stdio[linkDescriptor];
  // Undefined only if there was no process to begin with.
  const interrupted = stream ? await takeEvents({ stream: duplex(stream), recorder, log }) : 0;
  if (interrupted > 0) log.warn({ interrupted }, "a worker left interceptions open");
  // One whose link is closed can serve nobody: it is ending, or has to.
  const timer = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
  const how = await exit;
  clearTimeout(timer);
  return how;
}

/** Node opens these as sockets, both ways; only its types don't say so. */
function duplex(stream: NonNullable<ChildProcess["stdio"][number]>): Duplex {
  return stream as Duplex;
}

async function serves(
  child: ChildProcess,
  ended: Promise<string>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const waiting = AbortSignal.any([signal, over.signal, AbortSignal.timeout(servesWithinMs)]);
  void ended.then((how) => over.abort(new Error(`a worker ended ${how} before it served`)));
  const [message] = (await once(child, "message", { signal: waiting }).catch(() => {
    throw waiting.reason;
  })) as [WorkerMessage];
  if (message.type === "failed") throw new Error(`a worker can't serve: ${message.message}`);
}

function createAsking(child: ChildProcess): Worker["ask"] {
  const asked = new Map<number, (answer: Answers[Question] | undefined) => void>();
  let questions = 0;
  child.on("message", (message: WorkerMessage) => {
    if (message.type === "answer") asked.get(message.id)?.(message.answer);
  });
  child.once("exit", () => {
    for (const resolve of asked.values()) resolve(undefined);
  });
  return async <Q extends Question>(question: Q) => {
    questions += 1;
    const id = questions;
    const { promise, resolve } = Promise.withResolvers<Answers[Question] | undefined>();
    asked.set(id, resolve);
    const timer = setTimeout(resolve, answersWithinMs, undefined);
    try {
      send(child, { type: "ask", id, question });
      return (await promise) as Answers[Q] | undefined;
    } finally {
      clearTimeout(timer);
      asked.delete(id);
    }
  };
}

function send(child: ChildProcess, message: KeeperMessage): void {
  // The callback takes the error of a child that is just ending.
  if (child.connected) child.send(message, () => undefined);
}
