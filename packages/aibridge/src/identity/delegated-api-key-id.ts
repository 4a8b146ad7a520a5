import { AsyncLocalStorage } from "node:async_hooks";

const context = new AsyncLocalStorage<string>();

/**
 * Runs `fn` on behalf of the owner of an API key, of which the caller holds
 * only the id: whatever `fn` sends through a transport of this library runs as
 * that user. An empty id means that nobody is delegated.
 *
 * @param apiKeyId the part of the key before the dash.
 */
export function runWithDelegatedApiKeyId<T>(apiKeyId: string, fn: () => T): T {
  return context.run(apiKeyId, fn);
}

/** The key id in whose name the current code runs, or undefined. */
export function delegatedApiKeyId(): string | undefined {
  return context.getStore() || undefined;
}
