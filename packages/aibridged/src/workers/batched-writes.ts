import type { Duplex } from "node:stream";

/** Writes to a stream, so that what is written in one turn of the event loop is one system call. */
export function batchedWrites(stream: Duplex): (frame: Buffer) => void {
  let isCorked = false;
  return (frame) => {
    if (!isCorked) {
      isCorked = true;
      stream.cork();
      setImmediate(() => {
        isCorked = false;
        stream.uncork();
      });
    }
    stream.write(frame);
  };
}
