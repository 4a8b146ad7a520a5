/** Who means no good, or behaves as if: clients and providers. */
export const hostile = {
  "hostile.refused": {
    text: "Of thousands of hostile requests each gets the answer that its kind deserves, in full, and no more answers than it asked questions.",
    source: "issue 5, must hold",
  },
  "hostile.no-smuggling": {
    text: "What two servers could frame in two ways is refused, and nothing behind it on the connection reaches a provider.",
    source: "issue 5, must hold; RFC 9112, 6.1, 6.3 and 11.2",
  },
  "hostile.pipelining": {
    text: "Pipelined requests are answered in order, each under its own key.",
    source: "issue 5, must hold; RFC 9112, 9.3.2",
  },
  "hostile.good-clients": {
    text: "Good clients are served all the while, and the gateway's memory stays under a bound.",
    source: "issue 5, must hold",
  },
  "hostile.json": {
    text: "JSON that would block the process, by its depth or the number of its values, is refused before it is parsed.",
    source: "issue 5, must hold",
  },
  "hostile.slow-request": {
    text: "Headers, and a body, that don't come within their deadline are 408, and the connection ends.",
    source: "issue 5, what it contains 4",
  },
  "hostile.sse-bombs": {
    text: "Whatever a provider streams is relayed to the byte; its reading is bounded, and each request has one end on record.",
    source: "issue 5, must hold",
  },
  "hostile.client-idle": {
    text: "A client that takes nothing of its answer for AIBRIDGE_CLIENT_IDLE_TIMEOUT is cut, the provider let go, and the end is on record.",
    source: "issue 5, what it contains 4",
  },
  "hostile.slow-reader": {
    text: "Of a large answer to a client that reads little by little the gateway holds little, and the provider is paused.",
    source: "issue 5, what it contains 4",
  },
  "upstreams.private-refused": {
    text: "By default providers and MCP servers may be at public addresses only: coderd refuses others and says what to set; link-local ones need to be allowed by name.",
    source: "issue 5, what it contains 4",
  },
  "upstreams.checked-at-connect": {
    text: "The gateway checks the address that it connects to, whatever the name meant before.",
    source: "issue 5, what it contains 4",
  },
} as const;
