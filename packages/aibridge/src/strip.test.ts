import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { forwardableHeaders, relayableHeaders } from "./strip.ts";

const sent = [
  ...["Host", "gateway"],
  ...["Content-Length", "2"],
  ...["Connection", "keep-alive, X-Named"],
  ...["X-Named", "1"],
  ...["Keep-Alive", "timeout=5"],
  ...["TE", "trailers"],
  ...["Transfer-Encoding", "chunked"],
  ...["Upgrade", "h2c"],
  ...["Proxy-Authorization", "Basic x"],
  ...["Accept-Encoding", "gzip"],
  ...["Cookie", "a=b"],
  ...["Forwarded", "for=1.2.3.4"],
  ...["X-Forwarded-For", "1.2.3.4"],
  ...["X-Forwarded-Proto", "https"],
  ...["X-Coder-AI-Governance-Token", "k"],
  ...["X-Coder-AI-Governance-Request-Id", "r"],
  ...["X-Coder-AI-Gateway-Key", "g"],
  ...["x-coder-anything", "z"],
  ...["X-AI-Bridge-Actor-Id", "root"],
  ...["Authorization", "Bearer own"],
  ...["X-Api-Key", "own"],
  ...["anthropic-version", "2023-06-01"],
  ...["Anthropic-Beta", "a"],
  ...["anthropic-beta", "b"],
  ...["x-stainless-lang", "js"],
];
const clientsOwn = [
  ...["anthropic-version", "2023-06-01"],
  ...["Anthropic-Beta", "a"],
  ...["anthropic-beta", "b"],
  ...["x-stainless-lang", "js"],
];

// proves: door.strip.centralized, door.strip.always, door.keeps-headers
test("centralized: the provider gets the client's headers less credentials, ours and the connection's", () => {
  expect(forwardableHeaders(sent, "centralized", undefined)).toEqual(clientsOwn);
});

// proves: door.strip.byok
test("byok: the user's own credential stays, our token goes", () => {
  expect(forwardableHeaders(sent, "byok", undefined)).toEqual([
    ...["Authorization", "Bearer own"],
    ...["X-Api-Key", "own"],
    ...clientsOwn,
  ]);
});

// proves: door.no-key-leaks
test("whatever a client sends, no header holds the secret it came with", () => {
  const secret = "s3cretS3cretS3cretS3cr";
  const text = fc.oneof(fc.string(), fc.constantFrom(secret, `Bearer id-${secret}`, `x${secret}y`));
  const header = fc.tuple(
    fc.oneof(fc.constantFrom("x-api-key", "Authorization", "x-a"), text),
    text,
  );
  fc.assert(
    fc.property(fc.array(header), fc.constantFrom("byok", "centralized"), (headers, mode) => {
      const kept = forwardableHeaders(headers.flat(), mode, secret).join("\n");
      expect(kept.toLowerCase()).not.toContain(secret.toLowerCase());
    }),
    { numRuns: 2_000, examples: [[[["X-S3cretS3cretS3cretS3cr", ""]], "byok"]] },
  );
});

// proves: door.no-key-leaks
test.each(["byok", "centralized"] as const)(
  "%s: a key of ours in any header goes nowhere, though another came with the request",
  (mode) => {
    const key = "0123456789-abcdefghijABCDEFGHIJ01";
    const headers = [
      ...["Authorization", `Bearer ${key}`],
      ...["X-Api-Key", key],
      ...["x-note", `my key is ${key}, keep it`],
      ...["traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ];
    expect(forwardableHeaders(headers, mode, "another")).toEqual(headers.slice(-2));
  },
);

// proves: delegation.error-header-is-ours
test("a provider's answer keeps its headers less the connection's and the one that only we may send", () => {
  expect(
    relayableHeaders([
      ...["Content-Type", "application/json"],
      ...["request-id", "req_1"],
      ...["Connection", "close, x-hop"],
      ...["X-Hop", "1"],
      ...["Transfer-Encoding", "chunked"],
      ...["X-Coder-AI-Gateway-Error", "gateway_key_mismatch"],
      ...["anthropic-ratelimit-requests-remaining", "49"],
    ]),
  ).toEqual([
    ...["Content-Type", "application/json"],
    ...["request-id", "req_1"],
    ...["anthropic-ratelimit-requests-remaining", "49"],
  ]);
});
