/** The record: what was asked, by whom, and what it used. */
export const record = {
  "record.rows": {
    text: "An interception is on record with who asked, through which client and session, and what the provider said it used, field by field.",
    source: "product.md, promise 5; wire.md 7",
  },
  "record.stream-equals-whole": {
    text: "Equal answers give equal rows, streaming or not.",
    source: "issue 3, must hold",
  },
  "record.chat-usage": {
    text: "A chat stream whose client did not ask for usage is recorded with it, and the client's bytes are the provider's less that one chunk.",
    source: "wire.md 7, traps",
  },
  "record.tools-and-prompts": {
    text: "The prompt and every tool call of an answer are on record.",
    source: "wire.md 7",
  },
  "record.crash": {
    text: "What a killed gateway had begun is ended as interrupted at its next start, once.",
    source: "product.md, promise 4",
  },
  "record.coderd-away": {
    text: "What happens while coderd is away is on record once it is back.",
    source: "product.md, promise 4",
  },
  "record.own": {
    text: "Members read their own record, and nobody else's.",
    source: "issue 3, reading it",
  },
} as const;
