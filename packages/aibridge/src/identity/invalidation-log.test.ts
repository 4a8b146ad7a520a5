import { expect, test } from "@jest/globals";
import { InvalidationLog } from "./invalidation-log.ts";

const nothing = { apiKeyIds: [], userIds: [], gatewayKeyIds: [], reset: false };

function answer(apiKeyId: string, revision: bigint) {
  return { ownerId: "owner", apiKeyId, username: "ada", revision };
}

// proves: liveness.invalidated
test("a change that is forgotten, because too many came after it, is one of all that was read before it", () => {
  const log = new InvalidationLog({ silenceMs: 100, idsMax: 2 });
  log.tell({ ...nothing, revision: 10n }, 0);
  for (const [revision, id] of [
    [11n, "first"],
    [12n, "second"],
    [13n, "third"],
  ] as const) {
    log.tell({ ...nothing, revision, apiKeyIds: [id] }, 0);
  }
  expect(log.isCurrent(answer("first", 10n))).toBe(false);
  expect(log.isCurrent(answer("other", 10n))).toBe(false);
  expect(log.isCurrent(answer("other", 11n))).toBe(true);
  expect(log.isCurrent(answer("second", 11n))).toBe(false);
  expect(log.isCurrent(answer("third", 13n))).toBe(true);
});

// proves: liveness.overtaken
test("an answer without a revision is never current, and never overtaken", () => {
  const log = new InvalidationLog({ silenceMs: 100, idsMax: 2 });
  log.tell({ ...nothing, revision: 10n }, 0);
  const unrevised = { ownerId: "owner", apiKeyId: "key", username: "ada" };
  expect([log.isCurrent(unrevised), log.isOvertaken(unrevised)]).toEqual([false, false]);
});
