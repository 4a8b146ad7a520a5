import type { Invalidation } from "@aibridge/aibridge";
import { afterEach, expect, test } from "@jest/globals";
import type { Coderds } from "./coderds.ts";
import { followInvalidations } from "./invalidation-feed.ts";
import { coderdsAt, startFrozen, startTestCoderd } from "./test-coderd.ts";

let following = new AbortController();
afterEach(() => {
  following.abort();
  following = new AbortController();
});

/** Follows, and hands out what is told, piece by piece. */
function follow(coderds: Coderds, silenceMs = 200) {
  const told: Invalidation[] = [];
  let wake = () => {};
  const feed = followInvalidations({ coderds, silenceMs }, following.signal);
  feed.subscribe((news) => {
    told.push(news);
    wake();
  });
  return {
    async next(): Promise<Invalidation> {
      for (;;) {
        const news = told.shift();
        if (news) return news;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

// proves: feed.resumes
test("a stream that ends goes on from the last revision, at another coderd", async () => {
  await using a = await startTestCoderd();
  await using b = await startTestCoderd();
  const feed = follow(coderdsAt(a.url, b.url), 10_000);
  const first = await a.invalidations.next();
  expect(first.since).toBe(0n);
  first.send({ revision: 7n, apiKeyIds: ["k"], userIds: ["u"], gatewayKeyIds: ["g"] });
  expect(await feed.next()).toMatchObject({
    revision: 7n,
    apiKeyIds: ["k"],
    userIds: ["u"],
    gatewayKeyIds: ["g"],
    reset: false,
  });
  first.end();
  const second = await b.invalidations.next();
  expect(second.since).toBe(7n);
  second.send({ revision: 9n, reset: true });
  expect(await feed.next()).toMatchObject({ revision: 9n, reset: true });
});

// proves: feed.silence
test("a stream that falls silent is given up after the bound, its connection too, and another coderd asked", async () => {
  await using a = await startTestCoderd();
  await using b = await startTestCoderd();
  const coderds = coderdsAt(a.url, b.url);
  const silenceMs = 1_500;
  const feed = follow(coderds, silenceMs);
  const first = await a.invalidations.next();
  first.send({ revision: 1n });
  await feed.next();
  const heardAt = performance.now();
  const second = await b.invalidations.next();
  const silentMs = performance.now() - heardAt;
  expect(silentMs).toBeGreaterThan(silenceMs - 10);
  expect(silentMs).toBeLessThan(3 * silenceMs);
  expect(second.since).toBe(1n);
  expect(coderds.inOrder().map(({ url }) => url)).toEqual([b.url, a.url]);
  if (!first.signal.aborted) {
    await new Promise((resolve) => first.signal.addEventListener("abort", resolve));
  }
});

// proves: feed.silence
test("a coderd that accepts and never answers is given up for the next one", async () => {
  await using frozen = await startFrozen();
  await using b = await startTestCoderd();
  follow(coderdsAt(frozen.url, b.url));
  expect((await b.invalidations.next()).since).toBe(0n);
});

// proves: feed.resumes
test("while no coderd can be had it tries again, and says that none can be asked", async () => {
  const coderd = await startTestCoderd();
  const coderds = coderdsAt(coderd.url);
  expect(coderds.check()).toEqual({ ok: false, why: "coderd was not asked yet" });
  const feed = follow(coderds, 10_000);
  (await coderd.invalidations.next()).send({ revision: 1n });
  await feed.next();
  expect(coderds.check()).toEqual({ ok: true });
  await coderd[Symbol.asyncDispose]();
  const deadline = AbortSignal.timeout(20_000);
  while (coderds.check().ok) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(coderds.check()).toMatchObject({
    why: expect.stringContaining("coderd does not answer"),
  });
});
