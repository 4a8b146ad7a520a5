/** Revocation, as seen at the gateway. */
export const revocation = {
  "revocation.key": {
    text: "A key is refused from its revocation on; the owner's others are served.",
    source: "product.md, promise 3",
  },
  "revocation.suspended": {
    text: "A key is refused from its owner's suspension on, and served again from activation on.",
    source: "product.md, promise 3",
  },
  "revocation.deleted": {
    text: "A key is refused from its owner's deletion on, also when the name is taken again.",
    source: "product.md, promise 3",
  },
  "revocation.next-request": {
    text: "Once the call that ends a key is answered, the next request is refused at every gateway that watches the coderd that was called: keys and gateway keys revoked, users suspended and deleted.",
    source: "issue 2, must hold",
  },
  "revocation.expired": {
    text: "The request after a key's expiry is refused.",
    source: "product.md, promise 3",
  },
  "revocation.everywhere": {
    text: "From a revocation to refusal, and to the cut of open streams, at each of three gateways of two coderds, nothing takes over 1 s.",
    source: "issue 5, must hold",
  },
  "revocation.coderd-killed": {
    text: "The same bound of 1 s holds while one of two coderds is killed.",
    source: "issue 5, must hold",
  },
  "revocation.coderd-frozen": {
    text: "The same bound of 1 s holds while one of two coderds is frozen, its streams open and silent.",
    source: "issue 5, must hold",
  },
} as const;

/** Outages are not accusations. */
export const outages = {
  "outage.coderd-stopped": {
    text: "While coderd is down every request is 503 with retry-after, never 403; what was remembered is served for less than a second.",
    source: "product.md, promises 3 and 7",
  },
  "outage.coderd-silent": {
    text: "A coderd that accepts connections and never answers is 503 within the deadline.",
    source: "product.md, promise 7",
  },
  "outage.streams-cut": {
    text: "A stream that runs when the last coderd dies ends within a second, as an outage.",
    source: "product.md, promises 3 and 7",
  },
  "outage.streams-kept": {
    text: "AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT lets streams go on without coderd for longer.",
    source: "issue 5, contains 1",
  },
  "outage.resumes": {
    text: "Service resumes when coderd is back, without a restart.",
    source: "issue 2, must hold",
  },
  "outage.gateway-key": {
    text: "A gateway whose own key was revoked answers 503 within a second, for it accuses nobody.",
    source: "product.md, promises 3 and 7",
  },
} as const;

/** Running the processes. */
export const operation = {
  "pool.two-handlers": {
    text: "50 concurrent first requests of each of two keys build exactly two handlers, none used by the wrong key.",
    source: "issue 2, must hold",
  },
  "pool.first-caller-leaves": {
    text: "The first caller leaving mid-build hurts nobody.",
    source: "issue 2, must hold",
  },
  "pool.direct-and-delegated": {
    text: "A direct and a delegated request of one key never share a handler.",
    source: "architecture.md, Pool",
  },
  "pool.ttl": {
    text: "A handler serves for 15 minutes from when it was built, however often it is used.",
    source: "architecture.md, Pool",
  },
  "pool.drained-before-close": {
    text: "A handler that is dropped while in use closes when its last user gives it back.",
    source: "architecture.md, Pool",
  },
  "pool.bounded": {
    text: "A full pool drops the handler that was not used for longest.",
    source: "architecture.md, Pool",
  },
  "record.first-byte-waits": {
    text: "No byte of an answer leaves before the start of its interception is durable; what can't be recorded is 503.",
    source: "product.md, promise 4",
  },
  "record.first-byte-not-later": {
    text: "A first byte is never later than the slower of two, the provider's first byte and the start's durability: it waits for nothing else.",
    source: "issue 3, first byte",
  },
  "drain.streams": {
    text: "On SIGTERM a running stream goes on to its end, and then the process exits with 0.",
    source: "product.md, promise 9",
  },
  "drain.refuses": {
    text: "A draining gateway is not ready and accepts no new request.",
    source: "architecture.md, Lifecycle",
  },
  "drain.cut": {
    text: "A second SIGTERM cuts what still runs.",
    source: "architecture.md, Lifecycle",
  },
  "admin.ready": {
    text: "/healthz says the process lives, /readyz whether it can serve, /metrics what it counted.",
    source: "architecture.md, Processes",
  },
  "admin.ready.spool": {
    text: "/readyz is 503, with the reason, while the spool can take no more, and 200 once it can again.",
    source: "product.md, promise 9",
  },
  "metrics.liveness": {
    text: "/metrics counts lapses of coderd's news, requests that were cut by why, and questions about keys by what came of them.",
    source: "issue 5, contains 1",
  },
  "metrics.recorder-lag": {
    text: "How long each event took from its happening to being durable at coderd is measured.",
    source: "issue 3, metrics",
  },
  "cli.up": {
    text: "`aibridge up --json` prints one line when ready, with URLs and keys that work.",
    source: "issue 2, CLI",
  },
  "cli.every-setting-a-flag": {
    text: "Every setting of a service is a flag of its command too, but for the keys that encrypt.",
    source: "issue 2, CLI",
  },
  "cli.up.again": {
    text: "A second `up` on the same data serves the keys of the first.",
    source: "issue 2, CLI",
  },
  "cli.demo": {
    text: "With no provider key, `up` starts a demo upstream that speaks all three formats, and says so.",
    source: "issue 2, CLI",
  },
  "cli.compiled-code": {
    text: "What Node compiles at a start is kept for the next where only this user writes, and not at all where that can't be.",
    source: "issue 5, under 150 MB resident when idle",
  },
  "process.idle-memory": {
    text: "A process that begins to serve gives back the memory that only its start needed.",
    source: "issue 5, under 150 MB resident when idle",
  },
  "process.heap-grows": {
    text: "A process that serves lets its heap grow to three times what lives in it before it collects all of it.",
    source: "issue 5, p99 under 2 ms at half load",
  },
  "cli.administers": {
    text: "users, keys, gateway-keys and providers administer a running coderd, with --json.",
    source: "issue 2, CLI",
  },
  "cli.errors": {
    text: "A port in use, a bad value or an unreachable coderd is one clear sentence and a non-zero exit.",
    source: "issue 2, CLI",
  },
  "clients.go": {
    text: "A client generated for Go calls IsAuthorized with both arms.",
    source: "issue 2, clients",
  },
  "clients.python": {
    text: "A client generated for Python calls IsAuthorized with both arms.",
    source: "issue 2, clients",
  },
  "clients.buf-curl": {
    text: "buf curl calls coderd by each protocol, as the README shows.",
    source: "issue 2, clients",
  },
} as const;
