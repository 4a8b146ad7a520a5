/** Networks that drop packets without a word. */
export const partitions = {
  "partition.one-coderd": {
    text: "A revocation at one coderd is felt within a second while every packet of the other is dropped.",
    source: "issue 5, must hold",
  },
  "partition.all-coderds": {
    text: "While the packets of all coderds are dropped requests are 503 and never 403, streams are cut as an outage, and /readyz is 503.",
    source: "issue 5, must hold; product.md, promise 7",
  },
  "partition.database": {
    text: "While the packets between a coderd and its database are dropped, whom it answered is refused as by an outage, and so are keys that were revoked elsewhere, a second later at most.",
    source: "issue 5, contains 7; product.md, promises 3 and 7",
  },
  "partition.recovers": {
    text: "When packets pass again the gateway serves again by itself, and refuses what was revoked meanwhile.",
    source: "issue 5, must hold",
  },
} as const;
