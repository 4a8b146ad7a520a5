import { test } from "@jest/globals";
import type { RequirementId } from "./requirements.ts";

type TestBody = () => Promise<void> | void;

interface Proves {
  /**
   * Registers a test that proves requirements. The ids must be literals, for
   * `requirements.test.ts` finds them by reading the source. A unit test in
   * `packages` cites by a comment line above it instead, which binds it to
   * nothing: `// proves: keys.hints`.
   */
  (ids: RequirementId | readonly RequirementId[], title: string, body: TestBody): void;
  /**
   * The same for what is known not to hold yet: the test must fail, and its
   * ids must be in `known-failures.ts`.
   */
  failing(ids: RequirementId | readonly RequirementId[], title: string, body: TestBody): void;
}

function titleOf(ids: RequirementId | readonly RequirementId[], title: string): string {
  return `${title} [${[ids].flat().join(", ")}]`;
}

/** Registers a test that proves requirements; see `Proves`. */
export const proves: Proves = Object.assign(
  (...[ids, title, body]: Parameters<Proves>) => test(titleOf(ids, title), body),
  {
    failing: (...[ids, title, body]: Parameters<Proves["failing"]>) =>
      test.failing(titleOf(ids, title), body),
  },
);
