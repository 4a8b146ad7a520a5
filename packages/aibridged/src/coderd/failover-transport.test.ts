import { NotAuthorizedError } from "@aibridge/aibridge";
import {
  AuthorizationFailureReason,
  AuthorizationFailureSchema,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { Secret } from "@aibridge/secret";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { createRpcAuthorizer } from "./authorizer.ts";
import type { Coderds } from "./coderds.ts";
import { createFailoverTransport } from "./failover-transport.ts";
import { coderdsAt, startFrozen, startTestCoderd } from "./test-coderd.ts";

const never = new AbortController().signal;
const credential = { kind: "key", key: new Secret("keyidkeyid-secret") } as const;

function authorizerOf(coderds: Coderds, tryNextAfterMs = 100) {
  return createRpcAuthorizer(
    createFailoverTransport(coderds, { tryNextAfterMs, answerWithinMs: 5_000 }),
  );
}

// proves: failover.dead
test("a coderd that is gone, or says it is unavailable, is passed over at once, and asked last from then on", async () => {
  const gone = await startTestCoderd();
  await gone[Symbol.asyncDispose]();
  await using draining = await startTestCoderd(() => {
    throw new ConnectError("draining", Code.Unavailable);
  });
  await using good = await startTestCoderd(() => ({ username: "ada" }));
  const coderds = coderdsAt(gone.url, draining.url, good.url);
  const authorizer = authorizerOf(coderds, 60_000);
  expect(await authorizer.isAuthorized(credential, never)).toMatchObject({ username: "ada" });
  expect(coderds.inOrder().map(({ url }) => url)).toEqual([good.url, gone.url, draining.url]);
});

// proves: failover.frozen
test("a coderd that is frozen costs the time until the next one is tried, once", async () => {
  await using frozen = await startFrozen();
  await using good = await startTestCoderd(() => ({ username: "ada" }));
  const tryNextAfterMs = 1_000;
  const authorizer = authorizerOf(coderdsAt(frozen.url, good.url), tryNextAfterMs);
  const tookMs: number[] = [];
  for (let i = 0; i < 2; i++) {
    const askedAt = performance.now();
    await authorizer.isAuthorized(credential, never);
    tookMs.push(performance.now() - askedAt);
  }
  // A timer may fire a millisecond early.
  expect(tookMs[0]).toBeGreaterThan(tryNextAfterMs - 10);
  expect(tookMs[1]).toBeLessThan(tryNextAfterMs - 10);
});

// proves: failover.slow
test("a coderd that is slow is waited for when the other one is gone", async () => {
  const gone = await startTestCoderd();
  await gone[Symbol.asyncDispose]();
  const answering = Promise.withResolvers<object>();
  await using slow = await startTestCoderd(() => answering.promise);
  const authorizer = authorizerOf(coderdsAt(slow.url, gone.url), 20);
  const asking = authorizer.isAuthorized(credential, never);
  setTimeout(() => answering.resolve({ username: "ada" }), 100);
  expect(await asking).toMatchObject({ username: "ada" });
});

// proves: failover.refusal
test("a refusal is an answer: no other coderd is asked", async () => {
  let others = 0;
  await using refusing = await startTestCoderd(() => {
    const value = { reason: AuthorizationFailureReason.UNKNOWN_KEY };
    const detail = { desc: AuthorizationFailureSchema, value };
    throw new ConnectError("no", Code.Unauthenticated, undefined, [detail]);
  });
  await using other = await startTestCoderd(() => {
    others++;
    return {};
  });
  const asking = authorizerOf(coderdsAt(refusing.url, other.url)).isAuthorized(credential, never);
  await expect(asking).rejects.toBeInstanceOf(NotAuthorizedError);
  expect(others).toBe(0);
});

// proves: failover.dead
test("when none answers it is an outage; a caller who leaves ends all calls", async () => {
  const gone = await startTestCoderd();
  await gone[Symbol.asyncDispose]();
  await expect(
    authorizerOf(coderdsAt(gone.url, gone.url)).isAuthorized(credential, never),
  ).rejects.toMatchObject({ code: Code.Unavailable });

  const called = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  await using slow = await startTestCoderd(async (signal) => {
    signal.addEventListener("abort", () => cancelled.resolve());
    called.resolve();
    await cancelled.promise;
    return {};
  });
  await using frozen = await startFrozen();
  const coderds = coderdsAt(frozen.url, slow.url);
  const leaving = new AbortController();
  const asking = authorizerOf(coderds, 10).isAuthorized(credential, leaving.signal);
  const rejected = expect(asking).rejects.toMatchObject({ code: Code.Canceled });
  await called.promise;
  leaving.abort();
  await rejected;
  await cancelled.promise;
  // Their silence until then says nothing against them.
  expect(coderds.inOrder().map(({ url }) => url)).toEqual([frozen.url, slow.url]);
});
