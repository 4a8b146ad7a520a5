/** Users' MCP servers: who is reached, by what credential, and what becomes of a tool's call. */
export const mcpConnections = {
  "mcp.no-servers": {
    text: "A request of a user without MCP servers, or of a gateway without a configurator, has no toolbox.",
    source: "issue 4, must hold",
  },
  "mcp.in-background": {
    text: "Building a request handler waits for neither coderd nor any MCP server.",
    source: "issue 4, item 2",
  },
  "mcp.first-wait": {
    text: "The first request waits for tools within a bound, and later ones use what has arrived since.",
    source: "issue 4, item 2",
  },
  "mcp.down.one-warning": {
    text: "A server that is down or slow costs one warning and its own tools, and no other server's.",
    source: "issue 4, item 2",
  },
  "mcp.reconnect": {
    text: "A server that died is tried again, not before a pause, and only if somebody wants its tools.",
    source: "issue 4, item 2",
  },
  "mcp.session-ended": {
    text: "A session that the server forgot is replaced at once, and the call that found out is made again.",
    source: "issue 4, item 2",
  },
  "mcp.list-changed": {
    text: "A server that says its tools changed is asked for them again.",
    source: "issue 4, item 2",
  },
  "mcp.invalid-tool": {
    text: "A tool whose definition is invalid is left out with a log line, and takes no other with it.",
    source: "issue 4, item 2",
  },
  "mcp.many-tools": {
    text: "A server gives 128 tools and a toolbox holds 512 at most, and what is left out is logged.",
    source: "product.md, promise 8",
  },
  "mcp.coderd-down": {
    text: "While coderd does not answer a user has no tools, and gets them when it answers again.",
    source: "architecture.md, Failure rules",
  },
  "mcp.session-key.direct": {
    text: "Coder's own server gets the caller's full session key as bearer, with every request.",
    source: "wire.md, section 8",
  },
  "mcp.session-key.delegated": {
    text: "For a delegated caller Coder's own server is never contacted, while external servers work.",
    source: "wire.md, section 8",
  },
  "mcp.access-token": {
    text: "External servers get their own access token and never the session key, all tokens in one batch.",
    source: "wire.md, section 8",
  },
  "mcp.access-token.renewed": {
    text: "A refused access token is asked for once more, however many calls it was refused to.",
    source: "issue 4, item 2",
  },
  "mcp.headers": {
    text: "The headers that are configured for a server go with every request to it.",
    source: "issue 4, item 1",
  },
  "mcp.no-leak": {
    text: "No token and no value of a header is in a log line or in what a model is told, though a server repeats it.",
    source: "product.md, promise 2",
  },
  "mcp.redirects": {
    text: "A redirect of an MCP server is refused, so that no token follows it.",
    source: "issue 4, item 2",
  },
  "mcp.filter": {
    text: "Patterns match the bare tool name anywhere, and deny beats allow.",
    source: "wire.md, section 8",
  },
  "mcp.filter.linear": {
    text: "Patterns are RE2: what is not leaves the server out, and what is matches in linear time.",
    source: "issue 4, item 4",
  },
  "mcp.names": {
    text: "Tools have names of up to 64 characters that every provider accepts, unique, and the same in the same order whatever order they come in.",
    source: "wire.md, section 8",
  },
  "mcp.call": {
    text: "A tool is called at its server with the model's arguments.",
    source: "issue 4, item 5",
  },
  "mcp.call.failed": {
    text: "A call that times out, is cut or is refused becomes an outcome that says why.",
    source: "issue 4, item 5",
  },
  "mcp.call.cancelled": {
    text: "A caller who leaves cancels the call at the server.",
    source: "issue 4, item 5",
  },
  "mcp.outcome.kinds": {
    text: "Text, images, audio, resources and links reach the model as they are, as does a tool's own error.",
    source: "issue 4, must hold",
  },
  "mcp.outcome.bounded": {
    text: "A result past its bound is cut or left out, and says so.",
    source: "product.md, promise 8",
  },
  "mcp.conformance": {
    text: "The client passes the scenarios of @modelcontextprotocol/conformance that apply to it.",
    source: "issue 4, must hold",
  },
} as const;
