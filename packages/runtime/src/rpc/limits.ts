/**
 * What a connection may take of an RPC listener. HTTP/1.1: the head of a
 * request within 10 s and all of it within 60 s, looked at every 5 s.
 */
export const http1Options = {
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: 60_000,
  noDelay: true,
  keepAlive: true,
} as const;

/**
 * HTTP/2: Node's own default lets a peer open 2^32 - 1 streams at once. 1000 is
 * ten times what gRPC clients ask for per connection.
 */
export const http2Options = {
  settings: { maxConcurrentStreams: 1000 },
} as const;

/** How long a TLS handshake may take. */
export const handshakeTimeout = 10_000;

/** How long a new connection may stay silent before it is closed. */
export const firstBytesTimeoutMs = 10_000;

/** How long a peer may take to make room for the next piece of an answer. */
export const writeTimeoutMs = 30_000;
