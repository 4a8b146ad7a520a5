/** How the times between two arrivals are spread. */
export type ArrivalKind = "constant" | "poisson";

/**
 * When requests are due, in milliseconds from the start, in order and for ever.
 * `poisson` is how independent callers come: they don't know of each other, so
 * that sometimes several come at once. `random` is uniform in [0, 1).
 */
export function* arrivals(
  kind: ArrivalKind,
  perSecond: number,
  random: () => number = Math.random,
): Generator<number, never> {
  const meanMs = 1_000 / perSecond;
  for (let count = 1, dueMs = 0; ; count += 1) {
    yield dueMs;
    // A product, not a sum of rounded parts, keeps a constant rate exact.
    dueMs = kind === "constant" ? count * meanMs : dueMs - Math.log(1 - random()) * meanMs;
  }
}
