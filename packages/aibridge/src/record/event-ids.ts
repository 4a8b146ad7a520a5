const tailStart = -12;
/** Keeps the count from ever needing a thirteenth digit. */
const tailMax = 2 ** 47;

/**
 * Makes the ids of an interception's events: UUIDv7s each of which sorts behind
 * the one before. A random one for each would not within a millisecond, so the
 * random end of the interception's own id is counted up (RFC 9562, section 6.2,
 * method 2). They bear its time; an event's own time stands beside its id.
 */
export function createEventIds(interceptionId: string): () => string {
  const head = interceptionId.slice(0, tailStart);
  let tail = Number.parseInt(interceptionId.slice(tailStart), 16) % tailMax;
  return () => {
    tail += 1;
    return head + tail.toString(16).padStart(-tailStart, "0");
  };
}
