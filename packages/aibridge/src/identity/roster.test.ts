import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Place, Roster } from "./roster.ts";

test("whoever came and did not leave is there, in whatever order they come and leave", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat())), (steps) => {
      const roster = new Roster<number>();
      const present = new Map<number, Place<number>>();
      for (const [number, [comes, whose]] of steps.entries()) {
        const [member, place] = [...present][whose % Math.max(1, present.size)] ?? [];
        if (comes || member === undefined || !place) {
          present.set(number, roster.add(number));
        } else {
          expect(roster.remove(place)).toBe(true);
          expect(roster.remove(place)).toBe(false);
          present.delete(member);
        }
        expect(roster.size).toBe(present.size);
      }
      expect(roster.removeAll().toSorted((a, b) => a - b)).toEqual([...present.keys()]);
      for (const place of present.values()) expect(roster.remove(place)).toBe(false);
      expect(roster.size).toBe(0);
    }),
  );
});
