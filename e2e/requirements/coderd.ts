/** Keys: their form, and what is kept of them. */
export const keys = {
  "keys.api.form": {
    text: "A user's key is an id of 10 and a secret of 22 alphanumeric characters, joined by a dash.",
    source: "wire.md 1",
  },
  "keys.api.hashed": {
    text: "Of a user's key the store keeps the id and the SHA-256 of the secret, never the secret.",
    source: "wire.md 1",
  },
  "keys.shown-once": {
    text: "A key is in the answer that created it and in no other answer.",
    source: "wire.md 1",
  },
  "keys.gateway.form": {
    text: "A gateway key is 43 alphanumeric characters, the first 11 of which are its visible prefix.",
    source: "wire.md 1",
  },
  "keys.gateway.hashed": {
    text: "Of a gateway key the store keeps its prefix and its SHA-256, never the key.",
    source: "wire.md 1",
  },
  "keys.gateway.name": {
    text: "A gateway key's name is lower-case words joined by dashes, at most 64 characters, unique among live keys.",
    source: "wire.md 1",
  },
  "keys.hints": {
    text: "A hint shows the first and last 4 characters of a credential of 20 or more, 2 of 10, 1 of 5, else none.",
    source: "wire.md 1",
  },
} as const;

/** `IsAuthorized`: its checks, in their order. */
export const authorizer = {
  "authorizer.key": {
    text: "A live key is answered with its owner's id and name and the key's id.",
    source: "wire.md 2",
  },
  "authorizer.key-id": {
    text: "A key id from a gateway key that may delegate gets the same answer as the key.",
    source: "wire.md 2",
  },
  "authorizer.missing": {
    text: "No credential, or an empty one, is invalid_argument, missing credential.",
    source: "wire.md 2, check 1",
  },
  "authorizer.malformed": {
    text: "A key that does not split into an id and a secret of the right lengths is unauthenticated, invalid key.",
    source: "wire.md 2, check 2",
  },
  "authorizer.unknown": {
    text: "A key that does not exist, and a key id of any other form, is unauthenticated, unknown key.",
    source: "wire.md 2, check 3",
  },
  "authorizer.secret": {
    text: "A key with a wrong secret is unauthenticated, invalid key.",
    source: "wire.md 2, check 4",
  },
  "authorizer.expired": {
    text: "An expired key is unauthenticated, expired.",
    source: "wire.md 2, check 5",
  },
  "authorizer.deleted": {
    text: "A key of a deleted user is permission_denied, deleted user.",
    source: "wire.md 2, check 7",
  },
  "authorizer.suspended": {
    text: "A key of a suspended user is permission_denied, inactive user.",
    source: "wire.md 2, check 8",
  },
  "authorizer.system": {
    text: "A key of a system user is permission_denied, system user.",
    source: "wire.md 2, check 9",
  },
  "authorizer.order": {
    text: "The first check that fails answers: a wrong secret of an expired key says nothing of its expiry.",
    source: "wire.md 2",
  },
  "authorizer.reason": {
    text: "A refusal carries its reason as a typed error detail.",
    source: "wire.md 2",
  },
  "authorizer.caller": {
    text: "IsAuthorized answers nobody but a live gateway key.",
    source: "wire.md 2",
  },
  "authorizer.can-delegate": {
    text: "A gateway key that may not delegate gets permission_denied for a key id.",
    source: "wire.md 2",
  },
  "authorizer.store-fails": {
    text: "A store that fails is unavailable, and carries no reason.",
    source: "wire.md 2",
  },
} as const;

/** What coderd tells gateways that remember. */
export const watches = {
  "watch.told": {
    text: "Every change that may end a key's liveness is told to every watcher, by the ids of keys, users and gateway keys.",
    source: "architecture.md, Liveness without a round trip",
  },
  "watch.delivered": {
    text: "A change that may end a key's liveness is answered after the message that tells of it was written to every watcher of that coderd, and 250 ms later at the most.",
    source: "issue 2, must hold",
  },
  "watch.any-coderd": {
    text: "A change through one coderd is told by every other on the same store.",
    source: "architecture.md, Liveness without a round trip",
  },
  "watch.revision": {
    text: "An authorization holds every change up to its revision and none after it.",
    source: "issue 5, item 1",
  },
  "watch.heartbeat": {
    text: "A watcher's first message comes at once, and others come without end, with nothing to tell.",
    source: "architecture.md, Liveness without a round trip",
  },
  "watch.silent": {
    text: "A coderd that can't read its store, or not in time, tells nothing.",
    source: "architecture.md, Liveness without a round trip",
  },
  "watch.lost-notification": {
    text: "A change whose notification was lost is told all the same.",
    source: "issue 5, item 1",
  },
  "watch.recovers": {
    text: "When the store is back, watchers are told what changed meanwhile, on the streams they have.",
    source: "issue 5, must hold",
  },
  "watch.resume": {
    text: "A watcher that was away is told at once what it missed.",
    source: "issue 5, item 1",
  },
  "watch.reset": {
    text: "A watcher whose revision is forgotten, or of another history of the store, is told to forget all.",
    source: "issue 5, item 1",
  },
  "watch.own-key": {
    text: "A stream ends, unauthenticated, as soon as the gateway key that opened it is revoked; the last message names it.",
    source: "issue 5, item 1",
  },
  "watch.drain": {
    text: "A coderd that drains ends every stream as unavailable, and does not wait for watchers.",
    source: "issue 5, item 1",
  },
  "watch.providers": {
    text: "A gateway that watches gets the whole configuration of providers at once and whenever it changed.",
    source: "issue 5, item 2",
  },
} as const;

/** Administration over RPC. */
export const administration = {
  "rpc.protocols": {
    text: "One port answers Connect, gRPC and gRPC-Web, over HTTP/1.1 and h2c where the protocol allows.",
    source: "issue 2, coderd",
  },
  "rpc.roles": {
    text: "Owners change everything, auditors read everything, members see and change what is their own.",
    source: "issue 2, coderd",
  },
  "rpc.no-anonymous": {
    text: "Every administrative call without a live API key is unauthenticated.",
    source: "architecture.md, Identity",
  },
  "rpc.health": {
    text: "coderd answers grpc.health.v1 and server reflection.",
    source: "architecture.md, Processes",
  },
  "rpc.slow-reader": {
    text: "A peer that does not read what it asked for is cut after 30 s.",
    source: "product.md, promise 8",
  },
  "rpc.paging": {
    text: "Lists come in pages, in a stable order, each thing once.",
    source: "issue 2, proto",
  },
  "store.same": {
    text: "Postgres and the embedded store pass one contract suite on one schema.",
    source: "issue 2, coderd",
  },
  "store.newer-schema": {
    text: "coderd refuses to start on a schema newer than it knows.",
    source: "issue 2, coderd",
  },
  "store.provider-keys-encrypted": {
    text: "A provider's credential is encrypted at rest, with the id of the key that encrypted it beside.",
    source: "issue 2, coderd",
  },
} as const;
