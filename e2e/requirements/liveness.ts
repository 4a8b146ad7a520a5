/** What the gateway remembers of keys, and for how long. */
export const gatewayLiveness = {
  "liveness.remembered": {
    text: "In the steady state 1,000 requests of one key are one IsAuthorized.",
    source: "issue 5, must hold",
  },
  "liveness.silence": {
    text: "Nothing is remembered without a stream of invalidations: once it was silent for the bound, each request asks.",
    source: "architecture.md, Liveness without a round trip",
  },
  "liveness.invalidated": {
    text: "An invalidation of a key, its owner or the gateway key that asked, or of all, ends what is remembered.",
    source: "architecture.md, Liveness without a round trip",
  },
  "liveness.overtaken": {
    text: "An answer that an invalidation overtook on its way is not used, but asked for again.",
    source: "issue 5, contains 1",
  },
  "liveness.too-late": {
    text: "An answer that may be older than the bound is not believed.",
    source: "product.md, promise 3",
  },
  "liveness.expiry": {
    text: "A key's expiry is looked at on every use.",
    source: "architecture.md, Liveness without a round trip",
  },
  "liveness.single-flight": {
    text: "Concurrent first requests of a key ask once, and no caller's leaving hurts another.",
    source: "issue 5, contains 1",
  },
  "liveness.by-hash": {
    text: "What is remembered is keyed by a hash of the credential, apart for direct callers and each delegating service.",
    source: "issue 5, contains 1",
  },
  "liveness.refused-memory": {
    text: "Only unknown and wrong keys are remembered as refused, for a second at most, and they evict no good key.",
    source: "issue 5, contains 1",
  },
  "liveness.failing-address": {
    text: "Questions from an address whose keys keep failing go one at a time; known keys behind it are served, and new ones get in.",
    source: "issue 5, contains 1",
  },
  "cut.invalidated": {
    text: "An invalidation has the keys in flight that it names asked about, once each, and a no cuts all that runs under them.",
    source: "product.md, promise 3",
  },
  "cut.silence": {
    text: "In silence the keys in flight are asked about, each once per silence bound.",
    source: "product.md, promise 3",
  },
  "cut.unconfirmed": {
    text: "What nobody could confirm within the bound is cut as an outage.",
    source: "product.md, promises 3 and 7",
  },
  "cut.expiry": {
    text: "A key that expires in flight is asked about then, and cut by a no.",
    source: "product.md, promise 3",
  },
  "cut.before-first-byte": {
    text: "A request that is cut before its first byte is answered with the refusal, and cancelled upstream.",
    source: "product.md, promise 3",
  },
  "cut.stream": {
    text: "A stream that is cut ends with the format's error event, cancelled upstream, and failed on record.",
    source: "product.md, promise 3",
  },
  "feed.resumes": {
    text: "A stream of invalidations that breaks goes on from its last revision, at whichever coderd can be had.",
    source: "architecture.md, Liveness without a round trip",
  },
  "feed.silence": {
    text: "A stream that is silent past the bound is given up for one from another coderd.",
    source: "architecture.md, Liveness without a round trip",
  },
  "failover.dead": {
    text: "A coderd that is gone or says that it is unavailable is passed over at once.",
    source: "issue 5, contains 1",
  },
  "failover.frozen": {
    text: "A coderd that does not answer costs a bounded moment, once, while there is another.",
    source: "issue 5, contains 1",
  },
  "failover.slow": {
    text: "A coderd that is slow is waited for while no other answers.",
    source: "product.md, promise 7",
  },
  "failover.refusal": {
    text: "A refusal is an answer, for which no other coderd is asked.",
    source: "product.md, promise 7",
  },
} as const;
