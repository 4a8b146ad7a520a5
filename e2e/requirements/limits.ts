/** How much one caller may ask for. */
export const limits = {
  "limits.rate": {
    text: "A user and a key have so many requests a minute; one more is 429 with the seconds to wait, and counts for nobody else.",
    source: "issue 5, what it contains 4",
  },
  "limits.concurrency": {
    text: "A user and a key have so many requests at once; one more is 429, until one has ended.",
    source: "issue 5, what it contains 4",
  },
  "limits.format": {
    text: "A 429 of ours has retry-after and the shape of the API being spoken, and reaches no provider.",
    source: "issue 5, what it contains 4",
  },
  "limits.shared": {
    text: "Gateways with one Redis share their counts.",
    source: "issue 5, what it contains 4",
  },
  "limits.store-away": {
    text: "A Redis that is away refuses nobody: each gateway counts for itself, and says so.",
    source: "issue 5, what it contains 4",
  },
} as const;
