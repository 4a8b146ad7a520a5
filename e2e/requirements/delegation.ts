/** Delegation over HTTP: wire.md, section 4. */
export const delegation = {
  "delegation.runs-as-user": {
    text: "A right gateway key and a key id run the request as that key's owner.",
    source: "wire.md 4",
  },
  "delegation.skips-headers": {
    text: "A delegated request's own Authorization, X-Api-Key and governance token bear on nobody's identity.",
    source: "wire.md 3, step 3",
  },
  "delegation.wrong-key": {
    text: "Any delegation header without a right gateway key is 401 with X-Coder-AI-Gateway-Error: gateway_key_mismatch.",
    source: "wire.md 4",
  },
  "delegation.cannot-delegate": {
    text: "A gateway key that may not delegate is 401 too.",
    source: "wire.md 4",
  },
  "delegation.malformed": {
    text: "Metadata that is missing, repeated, empty or surrounded by space is 400 `invalid AI Gateway delegation metadata`.",
    source: "wire.md 4",
  },
  "delegation.headers-removed": {
    text: "No delegation header reaches a provider.",
    source: "wire.md 4",
  },
  "delegation.error-header-is-ours": {
    text: "X-Coder-AI-Gateway-Error from a provider does not reach a client.",
    source: "wire.md 4",
  },
  "delegation.revoked": {
    text: "A delegated request for a revoked key, or a suspended or deleted owner, is 403.",
    source: "product.md, promise 6",
  },
} as const;

/** The transports for in-house code. */
export const transports = {
  "transport.needs-id": {
    text: "transportFor and its fetch throw without a delegated key id in context, and the handler is never reached.",
    source: "architecture.md, Identity",
  },
  "transport.provider-name": {
    text: "A provider name that is not one path segment is refused before anything is sent.",
    source: "wire.md 4",
  },
  "transport.http.no-redirects": {
    text: "The HTTP transport neither retries nor follows a redirect.",
    source: "wire.md 4",
  },
  "transport.http.mismatch": {
    text: "The HTTP transport reports 401 with our error header as a typed retryable error, and only that.",
    source: "wire.md 4",
  },
  "transport.in-process.clones": {
    text: "The in-process transport never changes the caller's request.",
    source: "wire.md 4",
  },
  "transport.in-process.streams": {
    text: "In process, each chunk is readable as soon as it was written.",
    source: "wire.md 4",
  },
  "transport.in-process.cancel": {
    text: "Cancelling rejects before the headers and errors the body after them, and reaches the handler.",
    source: "wire.md 4",
  },
  "transport.in-process.close": {
    text: "Closing the body cancels the upstream.",
    source: "wire.md 4",
  },
  "transport.in-process.throws": {
    text: "A handler that throws is a 500, or an error of the body once it began.",
    source: "wire.md 4",
  },
  "transport.in-process.empty": {
    text: "A handler that writes nothing is an empty 200.",
    source: "wire.md 4",
  },
  "transport.in-process.concurrent": {
    text: "16 concurrent calls in process don't cross.",
    source: "wire.md 4",
  },
  "transport.sdk": {
    text: "Both transports serve the SDKs as their fetch.",
    source: "issue 2, transports",
  },
} as const;
