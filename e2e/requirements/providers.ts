/** Providers and their routes: wire.md, section 5. */
export const providers = {
  "providers.failover": {
    text: "A key that a provider refuses (401, 403) or limits (429, as long as it says) rests while the next one is used; a user's own credential never fails over.",
    source: "issue 5, what it contains 3",
  },
  "providers.retries": {
    text: "A provider that can't be reached, or fails with 500, 502, 503 or 529, is asked once more before anything is answered, within a budget and where that is safe.",
    source: "issue 5, what it contains 3",
  },
  "providers.breaker": {
    text: "A provider and model that fail so many times in a row are not asked for a while: 503 with retry-after.",
    source: "issue 5, what it contains 3",
  },
  "providers.keys": {
    text: "A provider has any number of keys up to twenty; gateways get them in the order they were added, and nobody else does.",
    source: "issue 5, what it contains 3",
  },
  "providers.anthropic.bridged": {
    text: "POST /<name>/v1/messages goes to the provider's /v1/messages.",
    source: "wire.md 5",
  },
  "providers.anthropic.passthrough": {
    text: "Anthropic's models, count_tokens and event logging are passed through.",
    source: "wire.md 5",
  },
  "providers.anthropic.credential": {
    text: "A centralized Anthropic request carries the provider's key in X-Api-Key and no Authorization.",
    source: "wire.md 5",
  },
  "providers.openai.bridged": {
    text: "POST /<name>/v1/chat/completions and /responses go to the same path of the provider.",
    source: "wire.md 5",
  },
  "providers.openai.passthrough": {
    text: "OpenAI's models, conversations and /responses/* are passed through.",
    source: "wire.md 5",
  },
  "providers.openai.credential": {
    text: "A centralized OpenAI request carries the provider's key as Authorization: Bearer and no X-Api-Key.",
    source: "wire.md 5",
  },
  "providers.allow-list": {
    text: "A path that is not on the list, however it is written, reaches no provider.",
    source: "wire.md 5",
  },
  "providers.query": {
    text: "The query string reaches the provider as it was sent.",
    source: "wire.md 5",
  },
  "providers.byok.none": {
    text: "BYOK with no credential of the user's own is 403 `upstream authentication unavailable`.",
    source: "wire.md 5",
  },
  "providers.byok.anthropic": {
    text: "An Anthropic BYOK request is forwarded with X-Api-Key, else with Authorization.",
    source: "wire.md 5",
  },
  "providers.disabled": {
    text: "A disabled provider is 503 `provider_disabled`, and works again once it is enabled.",
    source: "wire.md 3",
  },
  "providers.changed": {
    text: "A change of a provider reaches the gateway within a second, without a restart.",
    source: "issue 5, contains 2",
  },
  "providers.pushed": {
    text: "The gateway is told of changes by a stream that it keeps, and is not ready before it has a configuration.",
    source: "issue 5, contains 2",
  },
  "providers.old-ones-finish": {
    text: "A request finishes with the provider that it began with.",
    source: "issue 5, contains 2",
  },
  "providers.broken": {
    text: "A provider that can't be built is shown as such, and the others are served.",
    source: "issue 5, contains 2",
  },
} as const;

/** The relay: what comes back, and when it does not. */
export const relay = {
  "relay.body-up": {
    text: "The provider gets the client's body byte for byte.",
    source: "product.md, promise 1",
  },
  "relay.body-down": {
    text: "The client gets the provider's body byte for byte, streaming or not.",
    source: "product.md, promise 1",
  },
  "relay.as-it-arrives": {
    text: "Each chunk reaches the client before the provider writes the next.",
    source: "product.md, promise 1",
  },
  "relay.headers-down": {
    text: "The provider's status and headers, request ids and rate limits among them, reach the client, less hop-by-hop.",
    source: "wire.md 5",
  },
  "relay.upstream-errors": {
    text: "An upstream error before the first byte is relayed as it is.",
    source: "architecture.md, Failure rules",
  },
  "relay.broken-stream": {
    text: "A stream that the provider breaks off ends for the client as an error, never as a whole one.",
    source: "architecture.md, Failure rules",
  },
  "relay.client-leaves": {
    text: "A client that leaves cancels the upstream call, before the headers and in mid-stream.",
    source: "architecture.md, Failure rules",
  },
  "relay.unreachable": {
    text: "A provider that can't be reached is 502.",
    source: "wire.md 3",
  },
  "relay.garbage": {
    text: "A provider that answers with no HTTP is 502.",
    source: "wire.md 3",
  },
  "relay.first-byte-deadline": {
    text: "A provider that is silent past its deadline is 504.",
    source: "wire.md 3",
  },
  "relay.idle-deadline": {
    text: "A stream that is silent past its deadline is ended as broken, and cancelled upstream.",
    source: "wire.md 5",
  },
  "relay.slow-client": {
    text: "A client that reads slowly, or not at all, holds its provider back and costs the gateway no memory.",
    source: "product.md, promise 8",
  },
  "relay.held-bounded": {
    text: "Of an answer that waits for its start to be on record, 64 KiB are held; then its provider is paused.",
    source: "product.md, promise 8",
  },
  "relay.bodies-let-go": {
    text: "An open stream does not hold its request's body in memory.",
    source: "product.md, promise 8",
  },
  "relay.provider-key-stays": {
    text: "No answer to a client holds the provider's key.",
    source: "product.md, promise 2",
  },
} as const;
