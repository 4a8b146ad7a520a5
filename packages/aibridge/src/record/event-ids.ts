const tailDigits = 6;
/** Keeps the count from ever needing a seventh digit: no interception has eight million events. */
const tailMax = 2 ** 23;

/**
 * Makes the ids of an interception's events: UUIDv7s each of which sorts behind
 * the one before. A random one for each would not within a millisecond, so the
 * random end of the interception's own id is counted up (RFC 9562, section 6.2,
 * method 2). They bear its time; an event's own time stands beside its id.
 *
 * Only the last 24 bits are counted: V8 writes larger numbers in hexadecimal by
 * way of doubles, 1.2 µs each, and the other 50 random ones tell interceptions of
 * one millisecond apart.
 */
export function createEventIds(interceptionId: string): () => string {
  const head = interceptionId.slice(0, -tailDigits);
  let tail = Number.parseInt(interceptionId.slice(-tailDigits), 16) % tailMax;
  return () => {
    tail += 1;
    return head + tail.toString(16).padStart(tailDigits, "0");
  };
}
