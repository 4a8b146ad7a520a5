import type { WorkerMessage } from "./messages.ts";

/** Resolves, never rejects, when the message was handed over, or nobody is there to take it. */
export function tellKeeper(message: WorkerMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) resolve();
    else process.send(message, () => resolve());
  });
}
