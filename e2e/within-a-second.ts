/** As long as a revocation, or an outage, may take to be felt (product.md, promise 3). */
const boundMs = 1_000;

/**
 * Asks again until the answer is the one that must come within a second of
 * now. Rejects if an answer to what was asked later than that is another one.
 */
export async function withinASecond<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
): Promise<T> {
  const beganAt = performance.now();
  for (;;) {
    const askedAt = performance.now();
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (askedAt - beganAt > boundMs) throw new Error("a second has passed, and it goes on");
  }
}
