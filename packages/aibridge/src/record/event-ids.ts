import { randomUUIDv7 } from "node:crypto";

const tailStart = -12;

/**
 * Makes UUIDv7s each of which sorts behind the one before. Node's are random
 * within a millisecond, and what an answer brought is recorded in less; so there
 * the one before is counted up (RFC 9562, section 6.2, method 2).
 */
export function createEventIds(): () => string {
  let last = "";
  return () => {
    const id = randomUUIDv7();
    last = id > last ? id : successorOf(last);
    return last;
  };
}

/** That all twelve digits are f, and there is none, is as likely as that two ids are equal. */
function successorOf(id: string): string {
  const tail = Number.parseInt(id.slice(tailStart), 16) + 1;
  return id.slice(0, tailStart) + tail.toString(16).padStart(-tailStart, "0");
}
