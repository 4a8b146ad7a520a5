import type { Authorization, Credential } from "./authorizer.ts";
import type { InvalidationLog } from "./invalidation-log.ts";
import { Roster } from "./roster.ts";

/** What a grant that is taken back ends. */
export interface Cuttable {
  /** Ends it with this refusal. Without effect if it is over. */
  cut(refusal: Error): void;
}

/** An answer, and what is to be known of it to say how long it holds. */
export interface Answer {
  readonly authorization: Authorization;
  /** When it was asked for: what happened after that it need not know. */
  readonly askedAt: number;
  /** The log's epoch at that time. */
  readonly epoch: number;
}

/**
 * A credential that was accepted, with what is in flight under it. One object
 * for each credential, renewed by later answers, so that all requests of a key
 * are confirmed or cut together.
 */
export class Grant {
  /** The hash of the credential. */
  readonly hash: string;
  /** What runs under it. */
  readonly exchanges = new Roster<Cuttable>();
  /** To ask again; only while something runs. */
  credential: Credential | undefined;
  /** When it was last asked whether this holds, with whatever outcome. */
  triedAt: number;
  /** Up to when it is certain that this held, apart from what the log attests. */
  attestedAt: number;
  #answer: Answer;
  /** The version of the log that knew nothing against it; -1 if there was none. */
  #currentVersion = -1;

  constructor(hash: string, answer: Answer) {
    this.hash = hash;
    this.#answer = answer;
    this.triedAt = this.attestedAt = answer.askedAt;
  }

  get authorization(): Authorization {
    return this.#answer.authorization;
  }

  /** Takes a new answer about the same credential. */
  renew(answer: Answer): void {
    this.#answer = answer;
    this.#currentVersion = -1;
    this.triedAt = this.attestedAt = answer.askedAt;
  }

  /** Whether nothing was told that the answer didn't know. One comparison, unless there is news. */
  isCurrent(log: InvalidationLog): boolean {
    if (this.#currentVersion === log.version) return true;
    const { epoch, authorization } = this.#answer;
    if (epoch !== log.epoch || !log.isCurrent(authorization)) return false;
    this.#currentVersion = log.version;
    return true;
  }

  /** Whether it was found current at this version of the log. */
  wasCurrentAt(version: number): boolean {
    return this.#currentVersion === version;
  }

  /** In milliseconds since the epoch; infinite if the key does not expire. */
  get expiresAt(): number {
    return this.#answer.authorization.expiresAt ?? Number.POSITIVE_INFINITY;
  }
}
