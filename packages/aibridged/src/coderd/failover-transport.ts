import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import type { Coderd, Coderds } from "./coderds.ts";

export interface FailoverOptions {
  /** How long one of them may take before the next one is asked as well. */
  readonly tryNextAfterMs: number;
  /** How long each of them may take. */
  readonly answerWithinMs: number;
}

/**
 * The way to whichever coderd answers, for unary calls that may be made twice.
 * They are asked in turn: the next one as soon as one can't answer, and beside
 * it when it has not answered within `tryNextAfterMs`. The first answer counts,
 * a refusal among them; the calls that are not needed any more are cancelled.
 *
 * So one that is dead or frozen costs a known moment, once, while one that is
 * slow and alone is waited for as long as it may take.
 */
export function createFailoverTransport(
  coderds: Coderds,
  { tryNextAfterMs, answerWithinMs }: FailoverOptions,
): Transport {
  const transports = new Map(
    coderds.inOrder().map((coderd) => [coderd, coderd.createUnary(answerWithinMs)]),
  );
  return {
    unary: (method, signal, timeoutMs, header, input, contextValues) =>
      firstAnswer(coderds, tryNextAfterMs, signal, (coderd, attempt) => {
        const transport = transports.get(coderd) ?? coderd.createUnary(answerWithinMs);
        return transport.unary(method, attempt, timeoutMs, header, input, contextValues);
      }),
    stream: () => Promise.reject(new ConnectError("not for streams", Code.Unimplemented)),
  };
}

type Ask<T> = (coderd: Coderd, signal: AbortSignal) => Promise<T>;

async function firstAnswer<T>(
  coderds: Coderds,
  tryNextAfterMs: number,
  signal: AbortSignal | undefined,
  ask: Ask<T>,
): Promise<T> {
  const over = new AbortController();
  const onAbort = () => over.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort);
  const untried = coderds.inOrder();
  const asked = new Map<Coderd, Promise<Outcome<T>>>();
  try {
    for (;;) {
      const next = untried.shift();
      if (next) asked.set(next, outcomeOf(next, ask, over.signal));
      const outcome = await firstOf(
        asked.values(),
        untried.length > 0 ? tryNextAfterMs : undefined,
      );
      if (!outcome) continue;
      asked.delete(outcome.coderd);
      if (!outcome.isOutage) {
        if (!over.signal.aborted) overtaken(coderds, asked.keys());
        return outcome.take();
      }
      coderds.failed(outcome.coderd, outcome.error);
      if (asked.size + untried.length === 0) throw outcome.error;
    }
  } finally {
    signal?.removeEventListener("abort", onAbort);
    over.abort();
  }
}

/** They were asked before the one that answered, and have had their time. */
function overtaken(coderds: Coderds, slower: Iterable<Coderd>): void {
  const late = new ConnectError("another one answered before", Code.DeadlineExceeded);
  for (const coderd of slower) coderds.failed(coderd, late);
}

type Outcome<T> =
  | { readonly coderd: Coderd; readonly isOutage: false; take(): T }
  | { readonly coderd: Coderd; readonly isOutage: true; readonly error: unknown };

/** What came of asking one of them. Never rejects. */
async function outcomeOf<T>(coderd: Coderd, ask: Ask<T>, signal: AbortSignal): Promise<Outcome<T>> {
  try {
    const answer = await ask(coderd, signal);
    return { coderd, isOutage: false, take: () => answer };
  } catch (error) {
    if (isOutage(error)) return { coderd, isOutage: true, error };
    const take = () => {
      throw error;
    };
    return { coderd, isOutage: false, take };
  }
}

/** The first outcome, or undefined if there is none within `ms`. */
async function firstOf<T>(
  outcomes: Iterable<Promise<Outcome<T>>>,
  ms: number | undefined,
): Promise<Outcome<T> | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = ms === undefined ? undefined : setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([...outcomes, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** It says nothing about what was asked, and another one may answer. */
function isOutage(error: unknown): boolean {
  const { code } = ConnectError.from(error);
  return code === Code.Unavailable || code === Code.DeadlineExceeded;
}
