import { expect, test } from "@jest/globals";
import { encodeFrame, scanFrames } from "./frame.ts";

const texts = ["one", "two, with \u00ff in it", "three"];
const whole = Buffer.concat(texts.map((text) => encodeFrame("other", Buffer.from(text))));
const ends = [13, 41, 56];

function textsIn(bytes: Buffer, isAll = true): string[] {
  return scanFrames(bytes, isAll).frames.map(({ payload }) => payload.toString());
}

test("frames read back as they were written", () => {
  expect(scanFrames(whole, true)).toMatchObject({
    frames: [{ end: 13 }, { end: 41 }, { end: 56 }],
    consumedBytes: 56,
    damagedBytes: 0,
  });
  expect(textsIn(whole)).toEqual(texts);
});

test("cut at any byte, the frames before the cut are read and no others", () => {
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const kept = texts.filter((_, index) => (ends[index] ?? 0) <= cut);
    expect(textsIn(whole.subarray(0, cut))).toEqual(kept);
    expect(textsIn(whole.subarray(0, cut), false)).toEqual(kept);
  }
});

test("with any byte changed, only the frame around it is lost", () => {
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    const hit = ends.findIndex((end) => at < end);
    expect(textsIn(damaged)).toEqual(texts.filter((_, index) => index !== hit));
  }
});

test("a frame inside a user's text is not taken for one when the frame around it is damaged", () => {
  const forged = encodeFrame("ended", Buffer.from("{}")).toString("latin1");
  const frame = encodeFrame("other", Buffer.from(JSON.stringify(forged)));
  frame[6] = (frame[6] ?? 0) ^ 1;
  expect(textsIn(Buffer.concat([frame, whole]))).toEqual(texts);
});
