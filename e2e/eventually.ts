/** How long the record may take to arrive. Generous: it only bounds a failing test. */
const timeoutMs = 15_000;

/**
 * Asks again until the answer is what the test waits for. For what arrives by
 * itself and has no event of its own: rows that a gateway ships to coderd.
 */
export async function eventually<T>(
  ask: () => Promise<T>,
  wanted: (answer: T) => boolean,
  withinMs = timeoutMs,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`never came; last: ${show(answer)}`);
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part));
}
