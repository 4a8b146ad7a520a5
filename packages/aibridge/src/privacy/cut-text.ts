/**
 * How much of one text is kept, in bytes of UTF-8. What a person or a model says
 * is far less; a body of 32 MiB in one prompt would not fit into a message to
 * whoever keeps the record, and all of it would be lost.
 */
const textBytesMax = 1_048_576;

/**
 * The text, or as much of its beginning as is kept, in whole characters, with a
 * mark after it: `[cut: the first 1048576 of 2097152 bytes]` on a line of its own.
 */
export function cutText(text: string): string {
  // No character has more than three bytes for each of its units in a string.
  if (text.length * 3 <= textBytesMax) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= textBytesMax) return text;
  const beginning = Buffer.from(text.slice(0, textBytesMax)).subarray(0, textBytesMax);
  // A character that is cut in two stays in the decoder.
  const kept = new TextDecoder("utf-8", { ignoreBOM: true }).decode(beginning, { stream: true });
  return `${kept}\n[cut: the first ${Buffer.byteLength(kept)} of ${bytes} bytes]`;
}
