/** Agents that people run, unmodified and offline. */
export const agents = {
  "agents.claude-code": {
    text: "Claude Code completes a turn, and one with a tool call, with a base URL and one of our keys.",
    source: "issue 2, must hold",
  },
  "agents.codex": {
    text: "Codex completes a turn, and one with a tool call, with a base URL and one of our keys.",
    source: "issue 2, must hold",
  },
  "agents.opencode": {
    text: "opencode completes a turn, and one with a tool call, with a base URL and one of our keys.",
    source: "issue 2, must hold",
  },
  "agents.no-key-leaks": {
    text: "What an agent's provider receives holds no key of ours: not in headers, path or body.",
    source: "issue 2, must hold",
  },
  "agents.same-body": {
    text: "What an agent's provider receives as body is byte for byte what the agent sent.",
    source: "issue 2, must hold",
  },
} as const;

/** The official SDKs. */
export const sdk = {
  "sdk.js": {
    text: "The JavaScript SDKs get whole answers, streams and tool calls.",
    source: "issue 2, must hold",
  },
  "sdk.js.errors": {
    text: "The JavaScript SDKs raise our errors and the provider's as their own error classes.",
    source: "issue 2, must hold",
  },
  "sdk.js.abort": {
    text: "Aborting a stream of a JavaScript SDK cancels the upstream call.",
    source: "issue 2, must hold",
  },
  "sdk.js.request-id": {
    text: "The JavaScript SDKs see the provider's request id.",
    source: "wire.md 5",
  },
  "sdk.python": {
    text: "The Python SDKs get whole answers, streams and tool calls.",
    source: "verification.md, Referees",
  },
  "sdk.python.errors": {
    text: "The Python SDKs raise our errors and the provider's as their own error classes.",
    source: "verification.md, Referees",
  },
  "sdk.python.abort": {
    text: "Closing a stream of a Python SDK cancels the upstream call.",
    source: "verification.md, Referees",
  },
} as const;
