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
  "record.order": {
    text: "The tool calls and thoughts of an answer are on record in the order of the answer.",
    source: "wire.md 7",
  },
  "record.crash": {
    text: "What a killed gateway had begun is ended as interrupted at its next start, once.",
    source: "product.md, promise 4",
  },
  "record.killed.every-request": {
    text: "When the gateway is killed, every request that the provider saw is on record: its start is noted before the provider is asked.",
    source: "issue 3, must hold",
  },
  "record.killed.every-usage": {
    text: "When the gateway is killed, every answer that a client got whole is on record as completed with its exact usage: it is noted before the answer's end is sent.",
    source: "issue 3, must hold",
  },
  "record.coderd-away": {
    text: "What happens while coderd is away is on record once it is back.",
    source: "product.md, promise 4",
  },
  "record.exact-through-faults": {
    text: "Through crashes of either process and a dead database, what is on record is what the provider saw, request by request.",
    source: "issue 3, must hold",
  },
  "record.one-start-one-end": {
    text: "Every admitted request has exactly one start and one end on record.",
    source: "product.md, promise 4",
  },
  "record.no-byte-before-start": {
    text: "No byte of an answer leaves before the start of its interception is durable.",
    source: "product.md, promise 4",
  },
  "record.usage-exact": {
    text: "The tokens on record of an answer that was completed are those that the provider counted, and those of one that was not are marked partial.",
    source: "product.md, promise 5",
  },
  "record.sums-exact": {
    text: "What usage adds up to is the sum of its rows, also after events were shipped more than once.",
    source: "product.md, promise 5",
  },
  "record.full": {
    text: "While the spool has no room, new requests are 503 and reach no provider; what is admitted already goes on.",
    source: "architecture.md, The record",
  },
  "record.provider-faults": {
    text: "However a provider fails, the interception has its end, with what the provider had said by then marked partial.",
    source: "verification.md, Faults",
  },
  "record.own": {
    text: "Members read their own record, and nobody else's.",
    source: "issue 3, reading it",
  },
  "record.history": {
    text: "What a request costs does not grow with the days that are on record.",
    source: "issue 3, must hold",
  },
  "record.retention": {
    text: "Days past retention go, with their sessions and their part of what usage adds up to; a retention of 0 keeps all.",
    source: "issue 3, store",
  },
  "record.session-filters": {
    text: "Sessions are found by user, client, their client's name for them, provider, model, status and time, also together.",
    source: "issue 3, reading it",
  },
  "record.usage-any-range": {
    text: "Usage over any range of time is the exact sum of what began in it.",
    source: "issue 3, reading it",
  },
  "record.threads-any-order": {
    text: "Threads and sessions come out the same in whatever order, and from however many gateways, their events arrive.",
    source: "wire.md 7, traps",
  },
  "record.long-texts": {
    text: "Of a prompt, tool arguments or a thought of more than 1 MiB the beginning is on record, with a mark that says so.",
    source: "product.md, promise 8",
  },
  "record.long-names": {
    text: "Whatever length of a model's name or an id a client sends, its request is on record.",
    source: "product.md, promise 4",
  },
} as const;
