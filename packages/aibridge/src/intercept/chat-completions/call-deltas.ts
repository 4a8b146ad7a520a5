import { type JsonObject, objectFrom, objectsFrom, textFrom } from "../json.ts";

/** A piece of a client's call, as the client is to see it. */
export interface CallDelta {
  /** Whether the call begins with it. */
  readonly begins: boolean;
  readonly entry: JsonObject;
}

interface Call {
  readonly id: string;
  /** Where the client sees it; undefined if it doesn't, or that isn't known yet. */
  index: number | undefined;
  /** Until the name says whose call it is. */
  waiting: JsonObject[] | undefined;
}

/** Takes the calls of injected tools from the deltas of a completion, and numbers the others anew. */
export class CallDeltas {
  readonly #isInjected: (name: string) => boolean;
  #nextIndex = 0;
  /** The newest call of each position: some providers number all of them 0. */
  #open = new Map<unknown, Call>();

  constructor(isInjected: (name: string) => boolean) {
    this.#isInjected = isInjected;
  }

  take(toolCalls: unknown): CallDelta[] {
    return objectsFrom(toolCalls).flatMap((entry, position) => {
      const call = this.#callFor(entry.index ?? position, textFrom(entry.id));
      if (!call.waiting) return this.#numbered(call, entry, false);
      call.waiting.push(entry);
      const name = textFrom(objectFrom(entry.function ?? entry.custom).name);
      if (!name) return [];
      const [first = entry, ...more] = call.waiting;
      call.waiting = undefined;
      if (!this.#isInjected(name)) call.index = this.#nextIndex++;
      return [
        ...this.#numbered(call, first, true),
        ...more.flatMap((later) => this.#numbered(call, later, false)),
      ];
    });
  }

  nextRound(): void {
    this.#open = new Map();
  }

  #numbered({ index }: Call, entry: JsonObject, begins: boolean): CallDelta[] {
    return index === undefined ? [] : [{ begins, entry: { ...entry, index } }];
  }

  #callFor(position: unknown, id: string): Call {
    const open = this.#open.get(position);
    if (open && (!id || !open.id || open.id === id)) return open;
    const call: Call = { id, index: undefined, waiting: [] };
    this.#open.set(position, call);
    return call;
  }
}
