import type { Kind } from "./kinds.ts";

/** One in so many is heavy. */
const heavyEvery = 100;

/** So many kinds, the same for the same seed. Every kind comes up if there are enough. */
export function drawKinds(kinds: readonly Kind[], count: number, seed: number): Kind[] {
  const random = randomFrom(seed);
  const pick = (from: readonly Kind[]): Kind => {
    const kind = from[Math.floor(random() * from.length)];
    if (!kind) throw new Error("there are kinds of both weights");
    return kind;
  };
  const heavy = kinds.filter((kind) => kind.heavy);
  const light = kinds.filter((kind) => !kind.heavy);
  return Array.from({ length: count }, (_, i) => kinds[i] ?? pick(i % heavyEvery ? light : heavy));
}

/** Mulberry32, a generator of 32 bits in the public domain (Tommy Ettinger). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
