import fc from "fast-check";
import type { paths } from "../ask.ts";

/** What a provider is to say that an answer used. `input` is without what came from its cache. */
export interface Tokens {
  readonly input: number;
  readonly cacheRead: number;
  readonly output: number;
}

/** Who breaks an exchange off, and when. Chunks count from 1; after 0 means before the head. */
type Fate =
  | { readonly by: "nobody" }
  /** The client leaves at some time, whether anybody has seen its request or not. */
  | { readonly by: "client"; readonly when: "any-time"; readonly turns: number }
  /** The client leaves when the provider has its request, or has sent so many chunks. */
  | { readonly by: "client"; readonly when: "answered"; readonly chunks: number }
  | { readonly by: "provider"; readonly how: "reset" | "cut"; readonly chunks: number }
  | { readonly by: "provider"; readonly how: "error"; readonly status: number };

/** One request of the load, and everything that is to happen to it. */
export interface Plan {
  /** Stands in the request as its model, and so in its row: no two requests share one. */
  readonly marker: string;
  readonly route: keyof typeof paths;
  readonly streaming: boolean;
  /** Of a chat stream: whether the client itself asks for its usage. */
  readonly asksForUsage: boolean;
  /** How many chunks of text a streamed answer has. */
  readonly words: number;
  readonly fate: Fate;
  readonly tokens: Tokens;
}

const chunks = fc.integer({ min: 0, max: 12 });

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ by: "nobody" } as const) },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constant("client" as const),
      when: fc.constant("any-time" as const),
      turns: fc.integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constant("client" as const),
      when: fc.constant("answered" as const),
      chunks,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      by: fc.constant("provider" as const),
      how: fc.constantFrom("reset" as const, "cut" as const),
      chunks,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      by: fc.constant("provider" as const),
      how: fc.constant("error" as const),
      status: fc.constantFrom(400, 429, 500, 529),
    }),
  },
);

const shapes = fc.record({
  route: fc.constantFrom("messages" as const, "chat-completions" as const, "responses" as const),
  // One in four is answered in one piece.
  streaming: fc.constantFrom(true, true, true, false),
  asksForUsage: fc.boolean(),
  words: fc.integer({ min: 1, max: 24 }),
  fate: fates,
});

/** So many shapes follow each other, and then come again under other markers. */
const shapesPerSeed = 2_000;

/** A source of plans without end: the same ones for the same seed, each with tokens of its own. */
export function plansFrom(seed: number): () => Plan {
  const drawn = fc.sample(shapes, { seed, numRuns: shapesPerSeed });
  let count = 0;
  return () => {
    const shape = drawn[count % drawn.length];
    if (shape === undefined) throw new Error("a sample is not empty");
    count += 1;
    const tokens = { input: 100_000 + count, cacheRead: count, output: 300_000 + 3 * count };
    return { ...shape, marker: `fault-${seed}-${count}`, tokens };
  };
}

/** The same plans, were nobody to break them off. */
export function unbrokenPlansFrom(seed: number): () => Plan {
  const nextPlan = plansFrom(seed);
  return () => ({ ...nextPlan(), fate: { by: "nobody" } });
}
