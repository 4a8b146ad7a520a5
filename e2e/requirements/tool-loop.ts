/** Tools of MCP servers that the gateway adds to a request, and runs. */
export const toolLoop = {
  "mcp.loops": {
    text: "With an MCP server by the official SDK, in its own process, the official SDKs' accumulators see one plain answer in every format, streaming and blocking, whatever the tools do.",
    source: "issue 4, must hold",
  },
  "tool-loop.no-tools": {
    text: "A request of a user without tools, or one that can't take any, goes to the provider byte for byte, and so does the answer come back.",
    source: "product.md, promise 1",
  },
  "tool-loop.one-answer": {
    text: "Of all rounds the client sees one answer: one id, one start and one end, positions without gaps, and what it says put together by the official SDKs.",
    source: "issue 4, item 5",
  },
  "tool-loop.hidden": {
    text: "No event of a stream names an injected tool.",
    source: "issue 4, item 5",
  },
  "tool-loop.request": {
    text: "Of a request only what must be is changed: tools are spliced in, turns and results put behind what there is.",
    source: "architecture.md, Relay first, read second",
  },
  "tool-loop.streaming": {
    text: "Texts of every round reach the client as they come, and signs of life keep it waiting while tools run.",
    source: "issue 4, item 5",
  },
  "tool-loop.stream-equals-whole": {
    text: "Equal rounds give an equal answer, streaming or not.",
    source: "issue 4, item 5",
  },
  "tool-loop.parallel": {
    text: "Calls of one turn run at the same time, eight at most.",
    source: "issue 4, item 5",
  },
  "tool-loop.mixed-turns": {
    text: "A turn that mixes calls for the gateway and for the client loses neither, whichever gateway serves the client's next request, and each tool runs once.",
    source: "issue 4, item 5",
  },
  "tool-loop.correlation": {
    text: "The correlating tool call id on record is the provider's, also where the client has another.",
    source: "wire.md 7",
  },
  "tool-loop.deferred-ids": {
    text: "Ids that carry calls are bounded, of safe characters, and read strictly: whatever else a client sends is an id like any other.",
    source: "product.md, promise 8",
  },
  "tool-loop.previous-response": {
    text: "A client that goes on from a response by its id goes on from its last round.",
    source: "issue 4, item 5",
  },
  "tool-loop.tool-errors": {
    text: "A tool that fails, or is called with invalid input, is an error for the model to read, and the answer goes on.",
    source: "issue 4, item 5",
  },
  "tool-loop.cut-turn": {
    text: "A turn that its token limit cut ends as it is, and none of its calls is run.",
    source: "issue 4, item 5",
  },
  "tool-loop.caps": {
    text: "Rounds, time, tokens and sizes are bounded, and reaching a bound is a well-formed answer that says so.",
    source: "product.md, promise 8; issue 4, item 5",
  },
  "tool-loop.abort": {
    text: "A client that leaves cancels the tools that run for it.",
    source: "issue 4, item 5",
  },
  "tool-loop.upstream-errors": {
    text: "A provider's error is relayed as it is while nothing was answered, and is the format's error event after that.",
    source: "architecture.md, Failure rules",
  },
  "tool-loop.usage": {
    text: "Each round's usage is a row on record, and the client sees their sum.",
    source: "issue 4, items 5 and 6; product.md, promise 5",
  },
  "tool-loop.record": {
    text: "Each injected call is on record with its server, bare name, arguments and invocation error, and no result is, nor is any logged.",
    source: "issue 4, item 6",
  },
  "tool-loop.after-record": {
    text: "No tool runs and no byte leaves before the start is on record.",
    source: "product.md, promise 4",
  },
  "tool-loop.back-pressure": {
    text: "A client that reads slowly holds the provider back in every round.",
    source: "product.md, promise 8",
  },
  "tool-loop.thinking": {
    text: "Thinking goes back to the provider with its signature, to the letter.",
    source: "issue 4, item 5",
  },
  "tool-loop.server-tools": {
    text: "The provider's own tools work beside injected ones.",
    source: "issue 4, item 5",
  },
  "tool-loop.results": {
    text: "A model is shown what a tool gives as far as its API can show it, and told of the rest.",
    source: "issue 4, must hold",
  },
  "tool-loop.habits": {
    text: "What OpenAI-compatible servers do beside the documentation doesn't break a loop.",
    source: "wire.md 7, traps",
  },
  "tool-loop.agents": {
    text: "Claude Code and Codex complete turns in which an injected tool is used, also beside their own, and know nothing of it.",
    source: "issue 4, must hold",
  },
} as const;
