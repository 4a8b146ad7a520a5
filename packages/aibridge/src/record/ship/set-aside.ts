import { appendFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";

/** An event that will never be taken, as a person can read it, and why. */
export interface SetAsideEvent {
  readonly event: unknown;
  readonly reason: string;
}

/** Where events go that will never be taken, for a person to look at. */
export interface SetAside {
  /** Resolves when they are durable. */
  add(events: readonly SetAsideEvent[]): Promise<void>;
}

const defaultBytesMax = 8 * 1_024 * 1_024;

/**
 * Sets events aside in `rejected.jsonl`, one in a line. Bounded: a file that
 * has reached `bytesMax` becomes `rejected.1.jsonl`, and the one before it goes.
 */
export function createSetAside(folder: string, bytesMax = defaultBytesMax): SetAside {
  const file = join(folder, "rejected.jsonl");
  return {
    async add(events) {
      const { size } = await stat(file).catch(() => ({ size: 0 }));
      if (size >= bytesMax) await rename(file, join(folder, "rejected.1.jsonl"));
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
      await appendFile(file, lines, { mode: 0o600, flush: true });
    },
  };
}
