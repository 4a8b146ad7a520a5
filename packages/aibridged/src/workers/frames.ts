/** A frame is its length (4 bytes, little-endian) and as many bytes. */
const lengthBytes = 4;
/** A longer one is no frame of ours. A request body, the largest thing on record, ends at 32 MiB. */
const frameBytesMax = 64 * 1_024 * 1_024;

/** A frame to be filled from `lengthBytes` on. */
export function allocateFrame(bytes: number): { readonly frame: Buffer; readonly body: Buffer } {
  const frame = Buffer.allocUnsafe(lengthBytes + bytes);
  frame.writeUInt32LE(bytes);
  return { frame, body: frame.subarray(lengthBytes) };
}

/**
 * Makes frames of a stream's chunks, however they are cut, and calls `onFrame`
 * with the body of each: a view, which is good until that returns.
 *
 * @returns takes a chunk. It throws RangeError if a frame is too long.
 */
export function createFrameReader(onFrame: (body: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let bytes = 0;
  let neededBytes = lengthBytes;
  return (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    // A large frame comes in many chunks, and is put together once.
    if (bytes < neededBytes) return;
    const all = chunks.length === 1 ? chunk : Buffer.concat(chunks, bytes);
    let at = 0;
    for (;;) {
      neededBytes = neededAt(all, at);
      if (all.length - at < neededBytes) break;
      onFrame(all.subarray(at + lengthBytes, at + neededBytes));
      at += neededBytes;
    }
    chunks = at < all.length ? [all.subarray(at)] : [];
    bytes = all.length - at;
  };
}

function neededAt(all: Buffer, at: number): number {
  if (all.length - at < lengthBytes) return lengthBytes;
  const bytes = all.readUInt32LE(at);
  if (bytes > frameBytesMax) throw new RangeError(`a frame of ${bytes} bytes`);
  return lengthBytes + bytes;
}
