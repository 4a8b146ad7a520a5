import type { RequirementId } from "./requirements.ts";

/**
 * Requirements that are known not to hold yet, and why. Their tests are
 * registered by `proves.failing` and must fail; once one passes, jest says so
 * and the entry goes.
 */
export const knownFailures: Readonly<Partial<Record<RequirementId, string>>> = {};
