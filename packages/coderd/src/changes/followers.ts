import { EventEmitter } from "node:events";
import { neverRevision } from "../store/invalidations.ts";
import { until } from "./until.ts";

/** How far one of them is. Disposing leaves, for good. */
export interface Progress extends Disposable {
  /** All that was told up to this revision was taken. */
  take(revision: bigint): void;
}

/** Before every revision: where somebody is who was told nothing yet. */
const beforeAll = -1n;

/** Those who are told of changes, and how far each of them is. */
export class Followers {
  readonly #taken = new Map<Progress, bigint>();
  readonly #events = new EventEmitter().setMaxListeners(0);

  get areNone(): boolean {
    return this.#taken.size === 0;
  }

  /** Somebody comes, who was told nothing yet. */
  join(): Progress {
    const progress: Progress = {
      take: (revision) => {
        if (!this.#taken.has(progress)) return;
        this.#taken.set(progress, revision);
        this.#events.emit("taken");
      },
      [Symbol.dispose]: () => {
        this.#taken.delete(progress);
        this.#events.emit("taken");
      },
    };
    this.#taken.set(progress, beforeAll);
    return progress;
  }

  /** Resolves to true once all who are there have taken a revision; to false if `signal` is aborted before. */
  reach(revision: bigint, signal: AbortSignal): Promise<boolean> {
    const haveReached = () => this.#slowest() >= revision;
    return until(haveReached, this.#events, "taken", signal);
  }

  #slowest(): bigint {
    let slowest = neverRevision;
    for (const taken of this.#taken.values()) if (taken < slowest) slowest = taken;
    return slowest;
  }
}
