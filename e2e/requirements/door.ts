/** The door, in the order of wire.md, section 3. */
export const door = {
  "door.prefixes": {
    text: "A route answers the same at the root, under /api/v2/aibridge and under /api/v2/ai-gateway.",
    source: "wire.md 3",
  },
  "door.unknown-route": {
    text: "An unknown route is 404 `route not supported: <METHOD> <path>`.",
    source: "wire.md 3",
  },
  "door.correlation-id": {
    text: "X-Coder-AI-Governance-Request-Id is in every log line of the request as aibridgeproxy_id, and goes no further.",
    source: "wire.md 3, step 1",
  },
  "door.request-id": {
    text: "Every response carries x-request-id.",
    source: "wire.md 3, step 1",
  },
  "door.byok.mode": {
    text: "A request is BYOK if X-Coder-AI-Governance-Token is present and not blank, else centralized.",
    source: "wire.md 3, step 2",
  },
  "door.credential.headers": {
    text: "The key is taken from X-Coder-AI-Governance-Token, Authorization: Bearer, or X-Api-Key, trimmed.",
    source: "wire.md 3, step 3",
  },
  "door.credential.order": {
    text: "Of several credentials the first in that order is the one that is asked about, and no other.",
    source: "wire.md 3, step 3",
  },
  "door.credential.bearer": {
    text: "The scheme of Authorization is Bearer in any letter case, with exactly two fields.",
    source: "wire.md 3, step 3",
  },
  "door.credential.none": {
    text: "No credential is 400 `no authentication key provided`.",
    source: "wire.md 3, step 4",
  },
  "door.credential.head": {
    text: "A HEAD without a key is the same 400, logged at info; any other request without one at warn.",
    source: "wire.md 3, step 4",
  },
  "door.strip.centralized": {
    text: "A centralized request reaches the provider without the client's Authorization and X-Api-Key.",
    source: "wire.md 3, step 5",
  },
  "door.strip.byok": {
    text: "A BYOK request reaches the provider without the governance token and with the user's own credential.",
    source: "wire.md 3, step 5",
  },
  "door.strip.always": {
    text: "Hop-by-hop headers and those Connection names, Host, Cookie, Forwarded, X-Forwarded-*, X-Coder-* and X-AI-Bridge-Actor* of a client reach no provider.",
    source: "wire.md 3, step 5; RFC 9110 7.6.1",
  },
  "door.keeps-headers": {
    text: "Every other header of the client reaches the provider as it was sent.",
    source: "product.md, promise 1",
  },
  "door.coderd-down": {
    text: "No answer from coderd is 503 `could not connect to coderd` with retry-after.",
    source: "wire.md 3, step 6",
  },
  "door.not-accepted": {
    text: "A key that is not accepted is 403 `unauthorized`, whatever the reason, which only the log holds.",
    source: "wire.md 3, step 7",
  },
  "door.owner-uuid": {
    text: "An owner id that is no UUID is 403 `unauthorized`.",
    source: "wire.md 3, step 7",
  },
  "door.actor": {
    text: "The actor's id and name go on record with the request.",
    source: "wire.md 3, step 8",
  },
  "door.handler": {
    text: "A handler is keyed by user, key and whether it was delegated; one that can't be built is 500 `failed to acquire request handler`.",
    source: "wire.md 3, step 9",
  },
  "door.log-fields": {
    text: "Every log line of a request has method, path, request_id, source, auth_mode, auth_delegated, and the user id once known.",
    source: "wire.md 3",
  },
  "door.body.too-large": {
    text: "A body over 32 MiB is 413; by its declared length before it is read.",
    source: "wire.md 3",
  },
  "door.body.largest": {
    text: "A body of exactly 32 MiB is relayed.",
    source: "wire.md 3",
  },
  "door.body.not-json": {
    text: "A body that is not JSON on a bridged route is 400.",
    source: "wire.md 3",
  },
  "door.websocket": {
    text: "A WebSocket upgrade is refused with `WebSocket transport is not supported, use HTTP`.",
    source: "wire.md 3",
  },
  "door.errors.anthropic": {
    text: "Errors of ours on Anthropic routes are {type, error: {type, message}, request_id}.",
    source: "wire.md 3",
  },
  "door.errors.openai": {
    text: "Errors of ours on OpenAI routes are {error: {message, type, param, code}}.",
    source: "wire.md 3",
  },
  "door.errors.elsewhere": {
    text: "Errors of ours elsewhere are {error: {message}}.",
    source: "wire.md 3",
  },
  "door.never-throws": {
    text: "Whatever a client sends, it gets an HTTP answer and the process lives on.",
    source: "issue 2, must hold",
  },
  "door.no-key-leaks": {
    text: "Whatever headers, path and body a client sends, no key of ours reaches a provider.",
    source: "product.md, promise 2",
  },
  "door.no-key-logged": {
    text: "No key of ours and no provider's key is in any log line.",
    source: "product.md, promise 2",
  },
} as const;
