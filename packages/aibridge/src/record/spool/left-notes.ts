import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { bootId } from "./boot-id.ts";
import { encodeFrame } from "./frame.ts";

/** An event as its spool would keep it. */
export interface LeftEvent {
  readonly kind: "started" | "ended" | "other";
  /** In the form of the spool's codec. */
  readonly bytes: Uint8Array;
}

const nameForm = /^left-\d+\.notes$/;

/** Whether a file of a spool's folder was left there by `leaveNotes`. */
export function isLeftNotes(name: string): boolean {
  return nameForm.test(name);
}

/**
 * Leaves, in the folder of a spool whose owner died, events that the owner may
 * not have taken: the next owner takes them, each once. For a process that has handed its events to the owner and
 * ends now; so it is synchronous. Where the run of the operating system can't
 * be told, nothing is left.
 *
 * @throws Node's error if the file can't be written.
 */
export function leaveNotes(path: string, events: readonly LeftEvent[]): void {
  const boot = bootId();
  if (events.length === 0 || boot === undefined) return;
  const frames = events.map(({ kind, bytes }) => encodeFrame(kind, bytes));
  const all = Buffer.concat([encodeFrame("boot", Buffer.from(boot)), ...frames]);
  appendFileSync(join(path, `left-${process.pid}.notes`), all, { mode: 0o600 });
}
