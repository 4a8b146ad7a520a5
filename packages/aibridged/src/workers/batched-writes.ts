import type { Duplex } from "node:stream";

/**
 * Writes to a stream, so that what is written in one turn of the event loop is
 * one system call. What is urgent is with the kernel when this returns, and all
 * before it, unless the other end is behind: so it outlives the process.
 */
export function batchedWrites(stream: Duplex): (frame: Buffer, isUrgent?: boolean) => void {
  let isCorked = false;
  const uncork = () => {
    if (isCorked) stream.uncork();
    isCorked = false;
  };
  return (frame, isUrgent = false) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      if (!isUrgent) setImmediate(uncork);
    }
    stream.write(frame);
    if (isUrgent) uncork();
  };
}
