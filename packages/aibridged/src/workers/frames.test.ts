import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { allocateFrame, createFrameReader } from "./frames.ts";

function frameOf(bytes: Uint8Array): Buffer {
  const { frame, body } = allocateFrame(bytes.length);
  body.set(bytes);
  return frame;
}

test("however a stream is cut into chunks, the frames come out as they went in", () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 });
  const cuts = fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(bodies, cuts, (sent, lengths) => {
      const stream = Buffer.concat(sent.map(frameOf));
      const received: Buffer[] = [];
      const read = createFrameReader((body) => received.push(Buffer.from(body)));
      for (let [at, i] = [0, 0]; at < stream.length; i++) {
        const end = at + (lengths[i % lengths.length] ?? 1);
        read(stream.subarray(at, end));
        at = end;
      }
      expect(received).toEqual(sent.map((body) => Buffer.from(body)));
    }),
  );
});

test("a length that no frame of ours has is an error, not a reason to wait", () => {
  const read = createFrameReader(() => {});
  expect(() => read(Buffer.from([0xff, 0xff, 0xff, 0xff]))).toThrow(RangeError);
});
