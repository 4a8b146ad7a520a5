/** What holds during every fault, beside what is required of each. */
export const faults = {
  "fault.nobody-to-ask": {
    text: "While nobody can say whose a key is, known and unknown keys are 503 and none is 403, and service resumes without a restart.",
    source: "issue 5, must hold; product.md, promise 7",
  },
  "fault.dead-key": {
    text: "A key that is revoked or expires during a fault has nothing running, and gets in no more, from a second later on.",
    source: "issue 5, must hold; product.md, promise 3",
  },
  "fault.ready": {
    text: "/readyz is 503 for as long as a fault has requests refused, with the reason, and 200 again after it.",
    source: "issue 5, must hold; product.md, promise 9",
  },
  "fault.rows": {
    text: "Through each fault, what is on record is what the provider saw, each once, with one end.",
    source: "issue 5, must hold; product.md, promise 4",
  },
  "fault.redis": {
    text: "A Redis that is killed, frozen or restarted under load has nobody refused or held up, and its limits are shared again by themselves.",
    source: "issue 5, contains 4 and 7",
  },
  "fault.mcp": {
    text: "An MCP server that is killed, frozen or cut off under load costs its own tools alone, which come back by themselves.",
    source: "issue 5, contains 7; architecture.md, Failure rules",
  },
} as const;
