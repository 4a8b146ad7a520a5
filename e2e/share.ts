import { afterAll, beforeAll } from "@jest/globals";

/** How long starting may take. Generous: making a store costs seconds of a busy processor. */
const startTimeoutMs = 90_000;

/**
 * Starts something once for all tests of a file, and disposes it after them.
 * Call the result inside tests and hooks.
 */
export function share<T extends AsyncDisposable>(start: () => Promise<T>): () => T {
  let shared: T | undefined;
  beforeAll(async () => {
    shared = await start();
  }, startTimeoutMs);
  afterAll(async () => {
    await shared?.[Symbol.asyncDispose]();
  });
  return () => {
    if (shared === undefined) throw new Error("it is there from beforeAll on");
    return shared;
  };
}
