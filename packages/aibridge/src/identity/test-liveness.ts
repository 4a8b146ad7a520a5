import { Secret } from "@aibridge/secret";
import type { Authorization, Authorizer, Credential } from "./authorizer.ts";
import type { Cuttable } from "./grant.ts";
import type { Invalidation } from "./invalidation.ts";
import { createLiveness, type LivenessOptions } from "./liveness.ts";
import type { LivenessClock } from "./liveness-clock.ts";

/** For tests: a clock that only a test moves. */
class TestClock implements LivenessClock {
  /** Not 0, which lru-cache takes for no time. */
  #ms = 1;
  readonly #calls: (() => void)[] = [];

  now(): number {
    return this.#ms;
  }

  epochNow(): number {
    return 999_999 + this.#ms;
  }

  every(_ms: number, fn: () => void): Disposable {
    this.#calls.push(fn);
    return { [Symbol.dispose]() {} };
  }

  /** Lets time pass, and what is due every now and then happen once. */
  pass(ms: number): void {
    this.#ms += ms;
    for (const call of this.#calls) call();
  }
}

/** A question that was asked, to be answered by a test. */
export interface Question {
  readonly credential: Credential;
  readonly signal: AbortSignal;
  yes(authorization?: Partial<Authorization>): Promise<void>;
  no(error: Error): Promise<void>;
}

export const never = new AbortController().signal;
export const ownerId = "0197b2a6-0000-7000-8000-000000000001";
export const gatewayKeyId = "0197b2a6-0000-7000-8000-0000000000aa";

/** The credential of a direct caller; `id` has 10 characters. */
export function keyOf(id: string): Credential {
  return { kind: "key", key: new Secret(`${id}-${"s".repeat(22)}`) };
}

/** For tests: a liveness whose questions, news and time are the test's. */
export function startLiveness(options: Partial<LivenessOptions> = {}) {
  const clock = new TestClock();
  const questions: Question[] = [];
  const authorizer: Authorizer = {
    isAuthorized(credential, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Authorization>();
      const asked = { ownerId, apiKeyId: "keyidkeyid", username: "ada", gatewayKeyId };
      questions.push({
        credential,
        signal,
        yes: (authorization) => {
          resolve({ ...asked, revision: 10n, ...authorization });
          return settled();
        },
        no: (error) => {
          reject(error);
          return settled();
        },
      });
      return promise;
    },
  };
  let hear: (news: Invalidation) => void = () => {};
  const invalidations = {
    subscribe(listener: (news: Invalidation) => void) {
      hear = listener;
      return { [Symbol.dispose]() {} };
    },
  };
  const liveness = createLiveness({ authorizer, invalidations, clock, ...options });
  return {
    liveness,
    clock,
    /** All questions so far. */
    questions,
    /** The question that was asked last. */
    get question(): Question {
      const question = questions.at(-1);
      if (!question) throw new Error("nothing was asked");
      return question;
    },
    /** Tells of changes, or of none. */
    tell(news: Partial<Invalidation> = {}) {
      const nothing = { apiKeyIds: [], userIds: [], gatewayKeyIds: [], reset: false };
      hear({ revision: 10n, ...nothing, ...news });
    },
    authorize: async (credential = keyOf("keyidkeyid"), from?: string, signal = never) =>
      liveness.authorize(credential, from, signal),
    /** Has the credential accepted, and holds something under it that notes how it was cut. */
    async run(credential = keyOf("keyidkeyid"), authorization: Partial<Authorization> = {}) {
      const before = questions.length;
      const granting = Promise.resolve(liveness.authorize(credential, undefined, never));
      await settled();
      if (questions.length > before) await questions.at(-1)?.yes(authorization);
      const grant = await granting;
      const cuts: Error[] = [];
      const exchange: Cuttable = { cut: (refusal) => void cuts.push(refusal) };
      const held = liveness.hold(grant, credential, exchange);
      return { grant, cuts, end: () => held[Symbol.dispose]() };
    },
  };
}

/** Resolves when all promises that could settle have. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
