import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRecentBytes } from "./recent-bytes.ts";
import type { Segment } from "./segment-log.ts";

const bytesMax = 64;

/** What is done: bytes are added, a reader goes on, or the next segment begins. */
const step = fc.oneof(
  fc.record({ add: fc.uint8Array({ minLength: 1, maxLength: 100 }) }),
  fc.record({ forget: fc.nat(40) }),
  fc.constant("begin" as const),
);

test("what is read is what stands in the segment from there on, or nothing; the last of it is there", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 80 }),
      (steps, most) => {
        const recent = createRecentBytes(bytesMax);
        const segments: { segment: Segment; content: Buffer }[] = [];
        let added = 0;
        for (const step of ["begin" as const, ...steps]) {
          if (step === "begin") {
            // A segment begins with a checkpoint, of which nobody tells.
            const segment = { name: String(segments.length), bytes: 5, forgottenBytes: 5 };
            segments.push({ segment, content: Buffer.alloc(5) });
          }
          const last = segments.at(-1);
          if (!last) throw new Error("no segment");
          if (typeof step === "object" && "add" in step) {
            recent.add(last.segment, last.content.length, Buffer.from(step.add));
            last.content = Buffer.concat([last.content, step.add]);
            added += step.add.length;
          }
          if (typeof step === "object" && "forget" in step) {
            const { segment, content } = last;
            segment.forgottenBytes = Math.min(content.length, segment.forgottenBytes + step.forget);
          }
          for (const { segment, content } of segments) {
            const rest = content.subarray(segment.forgottenBytes);
            const read = recent.read(segment, most);
            expect(read).toEqual(rest.subarray(0, read.length));
            // A segment that others follow may have been pushed out.
            const isKept = segment === last.segment && rest.length <= Math.min(added, bytesMax);
            if (isKept) expect(read.length).toBe(Math.min(rest.length, most));
          }
        }
      },
    ),
  );
});
