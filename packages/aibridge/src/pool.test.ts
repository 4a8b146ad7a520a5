import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { delegatedApiKeyId, runWithDelegatedApiKeyId } from "./identity/delegated-api-key-id.ts";
import { createHandlerPool, type HandlerIdentity, type HandlerPoolOptions } from "./pool.ts";

const never = new AbortController().signal;
const direct: HandlerIdentity = {
  sessionKey: new Secret("keyidkeyid-secret"),
  apiKeyId: "keyidkeyid",
  initiatorId: "user",
};
const delegated: HandlerIdentity = { ...direct, sessionKey: undefined };

/** A pool whose builds a test finishes by hand, with a clock it owns. */
function startPool(options: Partial<HandlerPoolOptions> = {}) {
  const builds: {
    identity: HandlerIdentity;
    signal: AbortSignal;
    finish(): void;
    fail(error: Error): void;
  }[] = [];
  const closed: HandlerIdentity[] = [];
  const clock = { ms: 1_000 };
  const pool = createHandlerPool({
    build: (identity, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      builds.push({ identity, signal, finish: resolve, fail: reject });
      return promise.then(() => ({
        handle: async () => {},
        close: async () => void closed.push(identity),
      }));
    },
    onCloseError: () => {},
    now: () => clock.ms,
    ...options,
  });
  return { pool, builds, closed, clock };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

// proves: pool.two-handlers
test("50 first callers at once of each of two keys build two handlers, each under its own key", async () => {
  const { pool, builds } = startPool();
  const other = { ...direct, sessionKey: new Secret("otheridkey-secret"), apiKeyId: "otheridkey" };
  const leases = [direct, other].map((identity) =>
    Promise.all(Array.from({ length: 50 }, () => pool.acquire(identity, never))),
  );
  for (const build of builds) build.finish();
  const [ofDirect = [], ofOther = []] = await Promise.all(leases);
  expect(builds.map((build) => build.identity)).toEqual([direct, other]);
  expect(new Set(ofDirect.map((lease) => lease.handler)).size).toBe(1);
  expect(new Set(ofOther.map((lease) => lease.handler)).size).toBe(1);
  expect(ofDirect[0]?.handler).not.toBe(ofOther[0]?.handler);
});

// proves: pool.first-caller-leaves
test("the first caller leaving during the build rejects with its reason, and hurts nobody", async () => {
  const { pool, builds } = startPool();
  const leaving = new AbortController();
  const first = pool.acquire(direct, leaving.signal);
  const second = pool.acquire(direct, never);
  leaving.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect(builds[0]?.signal.aborted).toBe(false);
  builds[0]?.finish();
  expect((await second).handler).toBeDefined();
  expect(builds).toHaveLength(1);
});

// proves: pool.direct-and-delegated
test("direct and delegated callers of one key share neither a handler nor a build", async () => {
  const { pool, builds } = startPool();
  const both = Promise.all([pool.acquire(direct, never), pool.acquire(delegated, never)]);
  expect(builds.map((build) => build.identity.sessionKey)).toEqual([direct.sessionKey, undefined]);
  for (const build of builds) build.finish();
  const [ofDirect, ofDelegated] = await both;
  expect(ofDirect.handler).not.toBe(ofDelegated.handler);
});

test("a build does not run in the context of the caller who caused it", async () => {
  let seen: string | undefined = "not built";
  const { pool } = startPool({
    build: async () => {
      seen = delegatedApiKeyId();
      return { handle: async () => {}, close: async () => {} };
    },
  });
  await runWithDelegatedApiKeyId("keyidkeyid", () => pool.acquire(delegated, never));
  expect(seen).toBeUndefined();
});

test("a failed build rejects those who waited for it, and the next caller builds anew", async () => {
  const { pool, builds } = startPool();
  const waiting = Promise.allSettled([pool.acquire(direct, never), pool.acquire(direct, never)]);
  builds[0]?.fail(new Error("no"));
  expect((await waiting).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const again = pool.acquire(direct, never);
  builds[1]?.finish();
  await again;
  expect(builds).toHaveLength(2);
});

// proves: pool.ttl
test("a handler serves for its time to live from when it was built, however often it is used", async () => {
  const { pool, builds, clock, closed } = startPool({ ttlMs: 900_000 });
  const first = pool.acquire(direct, never);
  builds[0]?.finish();
  (await first)[Symbol.dispose]();
  clock.ms += 899_999;
  (await pool.acquire(direct, never))[Symbol.dispose]();
  expect(builds).toHaveLength(1);
  clock.ms += 2;
  const next = pool.acquire(direct, never);
  expect(builds).toHaveLength(2);
  builds[1]?.finish();
  await next;
  await settled();
  expect(closed).toEqual([direct]);
});

// proves: pool.ttl
test("a handler that nobody asks for again is closed when its time is over", async () => {
  const closed = Promise.withResolvers<void>();
  const pool = createHandlerPool({
    build: async () => ({ handle: async () => {}, close: async () => closed.resolve() }),
    onCloseError: () => {},
    ttlMs: 5,
  });
  (await pool.acquire(direct, never))[Symbol.dispose]();
  await closed.promise;
});

// proves: pool.drained-before-close
test("a handler that is dropped while in use closes when its last user gives it back", async () => {
  const { pool, builds, closed } = startPool();
  const first = pool.acquire(direct, never);
  builds[0]?.finish();
  const lease = await first;
  const second = await pool.acquire(direct, never);
  pool.renew();
  await settled();
  expect(closed).toEqual([]);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  await settled();
  expect(closed).toEqual([]);
  second[Symbol.dispose]();
  await settled();
  expect(closed).toEqual([direct]);
});

test("after renew, the next caller gets a new handler while the old one still serves", async () => {
  const { pool, builds } = startPool();
  const first = pool.acquire(direct, never);
  builds[0]?.finish();
  const before = await first;
  pool.renew();
  const second = pool.acquire(direct, never);
  builds[1]?.finish();
  expect((await second).handler).not.toBe(before.handler);
});

// proves: pool.bounded
test("a full pool drops the handler that was not used for longest", async () => {
  const { pool, builds, closed } = startPool({ handlersMax: 2 });
  for (const [at, apiKeyId] of ["a", "b", "c"].entries()) {
    const acquiring = pool.acquire({ ...direct, apiKeyId }, never);
    builds[at]?.finish();
    (await acquiring)[Symbol.dispose]();
  }
  await settled();
  expect(closed.map((identity) => identity.apiKeyId)).toEqual(["a"]);
});

test("closing ends builds, refuses new callers, and waits for handlers in use", async () => {
  const { pool, builds, closed } = startPool();
  const acquiring = pool.acquire(direct, never);
  builds[0]?.finish();
  const lease = await acquiring;
  let done = false;
  const closing = pool.close().then(() => {
    done = true;
  });
  await expect(pool.acquire(direct, never)).rejects.toThrow("the handler pool is closed");
  expect(builds[0]?.signal.aborted).toBe(true);
  expect(done).toBe(false);
  lease[Symbol.dispose]();
  await closing;
  expect(closed).toEqual([direct]);
});
