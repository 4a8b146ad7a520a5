import { describe, test } from "@jest/globals";
import { onCi } from "./environment.ts";

/**
 * Describes a suite that needs something that not every machine has. Without
 * it the suite shows as skipped, and why; on CI, where nothing may be skipped,
 * it fails.
 *
 * @param missing what is missing, and how to get it; undefined if it is there
 */
export function suiteThatNeeds(
  missing: string | undefined,
  title: string,
  suite: () => void,
): void {
  if (missing === undefined) {
    describe(title, suite);
  } else if (onCi) {
    test(title, () => {
      throw new Error(`not to be skipped on CI: ${missing}`);
    });
  } else {
    describe(title, () => {
      test.skip(`skipped: ${missing}`, () => {});
    });
  }
}
