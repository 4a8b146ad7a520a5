import { createLogger } from "@aibridge/runtime";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Changes } from "../store/invalidations.ts";
import { type ChangeFeed, openChangeFeed, type Told } from "./change-feed.ts";

const log = createLogger({ name: "test", level: "silent" });
const left = new AbortController();

/** A store whose reads the test answers. */
class ScriptedStore {
  readonly clock = { nowMs: 0 };
  notify = () => {};
  #asked = Promise.withResolvers<bigint>();
  #answer = Promise.withResolvers<Changes>();

  readonly changes = {
    since: () => Promise.reject(new Error("not by this way")),
    listen: async (onChange: () => void) => {
      this.notify = onChange;
      return {
        since: (revision: bigint) => {
          this.#asked.resolve(revision);
          return this.#answer.promise;
        },
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };

  /** Resolves with what the running read asks for; it then takes an answer. */
  asked(): Promise<bigint> {
    return this.#asked.promise;
  }

  /** Answers the running read: at `revision`, by changes of `keys`, one by one; or by unknown ones. */
  async answer(revision: bigint, keys: readonly string[] | "unknown" = []): Promise<void> {
    await this.#answerWith((answer) =>
      answer.resolve({
        keysRevision: revision,
        providersRevision: 1n,
        invalidations: keys === "unknown" ? undefined : entriesUpTo(revision, keys),
      }),
    );
  }

  async fail(): Promise<void> {
    await this.#answerWith((answer) => answer.reject(new Error("on purpose")));
  }

  async #answerWith(settle: (answer: PromiseWithResolvers<Changes>) => void): Promise<void> {
    await this.asked();
    const answer = this.#answer;
    this.#asked = Promise.withResolvers();
    this.#answer = Promise.withResolvers();
    settle(answer);
  }
}

function entriesUpTo(revision: bigint, keys: readonly string[]) {
  return keys.map((id, index) => ({
    revision: revision - BigInt(keys.length - 1 - index),
    apiKeyIds: [id],
    userIds: [],
    gatewayKeyIds: [],
  }));
}

let store: ScriptedStore;
let feed: ChangeFeed;
beforeEach(async () => {
  store = new ScriptedStore();
  const { clock } = store;
  feed = await openChangeFeed({ store, log }, { intervalMs: 1, nowMs: () => clock.nowMs });
});
afterEach(async () => {
  const closed = feed[Symbol.asyncDispose]();
  await Promise.race([closed, store.answer(0n, "unknown")]);
  await closed;
});

/** Follows as one who never leaves. */
const follow = (revision: bigint, signal: AbortSignal) => feed.join(signal).follow(revision);

const told = ({ keysRevision, invalidations }: Told) => ({
  revision: keysRevision,
  keys: invalidations.flatMap(({ apiKeyIds }) => apiKeyIds),
});

async function next(following: AsyncGenerator<Told, void>) {
  const { value } = await following.next();
  return value && told(value);
}

test("every follower is told of every change once, and that there was none", async () => {
  const [a, b] = [follow(5n, left.signal), follow(4n, left.signal)];
  await store.answer(4n, "unknown");
  expect(await next(b)).toEqual({ revision: 4n, keys: [] });
  // What this one was told elsewhere never goes back.
  expect(await next(a)).toEqual({ revision: 5n, keys: [] });
  expect(await store.asked()).toBe(4n);
  await store.answer(6n, ["x", "y"]);
  expect(await next(a)).toEqual({ revision: 6n, keys: ["y"] });
  expect(await next(b)).toEqual({ revision: 6n, keys: ["x", "y"] });
  await store.answer(6n);
  expect(await next(a)).toEqual({ revision: 6n, keys: [] });
});

test("a follower that takes its time gets all that came since in one", async () => {
  const slow = follow(1n, left.signal);
  await store.answer(1n, "unknown");
  expect(await next(slow)).toEqual({ revision: 1n, keys: [] });
  await store.answer(2n, ["a"]);
  await store.answer(2n);
  await store.answer(4n, ["b", "c"]);
  await store.asked();
  expect(await next(slow)).toEqual({ revision: 4n, keys: ["a", "b", "c"] });
});

// proves: watch.silent
test("what was read too long ago is not told: it would say how things are now", async () => {
  const follower = follow(1n, left.signal);
  await store.answer(1n, "unknown");
  expect(await next(follower)).toEqual({ revision: 1n, keys: [] });
  await store.asked();
  store.clock.nowMs += 251;
  await store.answer(2n, ["a"]);
  await store.asked();
  const pending = next(follower);
  await store.fail();
  await store.asked();
  store.clock.nowMs += 250;
  await store.answer(3n, ["b"]);
  expect(await pending).toEqual({ revision: 3n, keys: ["a", "b"] });
});

const unavailable = (rawMessage: string) => ({ code: Code.Unavailable, rawMessage });

test("followers of a store that lost revisions, or went back, begin anew", async () => {
  const follower = follow(9n, left.signal);
  await store.answer(9n, "unknown");
  await next(follower);
  // A copy of the store of some time ago.
  await store.answer(3n, "unknown");
  await expect(next(follower)).rejects.toMatchObject(unavailable("changes were missed"));
  await store.answer(3n);
  expect(await next(follow(3n, left.signal))).toEqual({ revision: 3n, keys: [] });
});

test("a follower of what the feed never saw, or has forgotten, begins anew", async () => {
  await store.answer(9n, "unknown");
  await store.asked();
  const before = follow(8n, left.signal);
  await expect(next(before)).rejects.toMatchObject(unavailable("changes were missed"));
  const slow = follow(9n, left.signal);
  expect(await next(slow)).toEqual({ revision: 9n, keys: [] });
  await store.answer(1010n, Array.from({ length: 1001 }, String));
  await store.asked();
  await expect(next(slow)).rejects.toMatchObject(unavailable("changes were missed"));
});

test("the end of the feed ends following, also while it waits; leaving ends it quietly", async () => {
  await store.answer(1n, "unknown");
  const leaving = new AbortController();
  const [left1, ended] = [follow(1n, leaving.signal), follow(1n, new AbortController().signal)];
  await Promise.all([next(left1), next(ended)]);
  store.clock.nowMs += 1000;
  const waiting = [next(left1), next(ended)];
  leaving.abort();
  expect(await waiting[0]).toBeUndefined();
  feed.end();
  await expect(waiting[1]).rejects.toMatchObject(unavailable("coderd is draining"));
  const late = follow(1n, left.signal);
  await expect(next(late)).rejects.toMatchObject(unavailable("coderd is draining"));
});

const gone = () => AbortSignal.abort();

// proves: watch.delivered
test("delivered waits for a read that begins after it, and for every follower to come back for more", async () => {
  const [a, b] = [follow(1n, left.signal), follow(1n, left.signal)];
  await store.answer(1n, "unknown");
  await Promise.all([next(a), next(b)]);
  // This read may have begun before what `delivered` is about was committed.
  await store.asked();
  const delivered = feed.delivered(left.signal);
  await store.answer(1n);
  expect(await Promise.all([next(a), next(b)])).toHaveLength(2);
  await store.answer(2n, ["x"]);
  expect(await Promise.all([next(a), next(b)])).toEqual([
    { revision: 2n, keys: ["x"] },
    { revision: 2n, keys: ["x"] },
  ]);
  const back = next(a);
  expect(await Promise.race([delivered, store.asked()])).toBe(2n);
  const backToo = next(b);
  expect(await delivered).toBe(true);
  await store.answer(2n);
  await Promise.all([back, backToo]);
});

// proves: watch.delivered
test("delivered waits for one that joined and was told nothing yet, and for nobody who left", async () => {
  using joined = feed.join(left.signal);
  const leaving = new AbortController();
  feed.join(leaving.signal);
  const disposed = feed.join(left.signal);
  const delivered = feed.delivered(left.signal);
  await store.answer(7n, "unknown");
  if ((await store.asked()) === 7n) await store.answer(7n);
  leaving.abort();
  disposed[Symbol.dispose]();
  expect(await Promise.race([delivered, store.asked()])).toBe(7n);
  const following = joined.follow(6n);
  await expect(next(following)).rejects.toMatchObject(unavailable("changes were missed"));
  expect(await Promise.race([delivered, store.asked()])).toBe(7n);
  void next(joined.follow(7n));
  expect(await delivered).toBe(true);
});

// proves: watch.delivered
test("delivered is at once without followers, and ends with its signal and with the feed", async () => {
  expect(await feed.delivered(left.signal)).toBe(true);
  const follower = follow(1n, left.signal);
  await store.answer(1n, "unknown");
  await next(follower);
  expect(await feed.delivered(gone())).toBe(false);
  const waiting = feed.delivered(left.signal);
  feed.end();
  expect(await waiting).toBe(false);
});
