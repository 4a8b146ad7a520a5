import { expect } from "@jest/globals";
import fc from "fast-check";
import { ask, bearer } from "./ask.ts";
import type { HeaderList } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

const world = shareWorld();

proves(
  "door.strip.always",
  "what belongs to the hop, to proxies or to us reaches no provider",
  async () => {
    const { pair, upstream } = world();
    const stripped: HeaderList = [
      ["Connection", "keep-alive, X-Named, x-also"],
      ["X-Named", "1"],
      ["X-Also", "1"],
      ["Keep-Alive", "timeout=5"],
      ["Proxy-Authorization", "Basic dTpw"],
      ["Proxy-Connection", "keep-alive"],
      ["TE", "trailers"],
      ["Cookie", "session=1"],
      ["Forwarded", "for=10.0.0.1"],
      ["X-Forwarded-For", "10.0.0.1"],
      ["X-Forwarded-Anything", "1"],
      ["X-Coder-AI-Governance-Request-Id", "r-1"],
      ["X-Coder-Anything", "1"],
      ["X-AI-Bridge-Actor", "someone"],
      ["X-AI-Bridge-Actor-Id", "someone"],
      ["Accept-Encoding", "br"],
    ];
    const answer = await ask(pair.gatewayUrl, "messages", [...bearer(pair.apiKey), ...stripped]);
    expect(answer.status).toBe(200);
    const [request] = upstream.requests;
    for (const [name, value] of stripped) {
      // Node's client writes a Connection of its own; what it named is gone.
      if (name === "Connection") continue;
      const came = request?.header(name) ?? [];
      // The gateway negotiates an encoding of its own; the client's is gone.
      const left = name === "Accept-Encoding" ? came.filter((other) => other === value) : came;
      expect([name, left]).toEqual([name, []]);
    }
    expect(request?.header("host")).toEqual([new URL(upstream.url).host]);
  },
);

proves(
  "door.keeps-headers",
  "every other header goes on: names, values, repetitions, order",
  async () => {
    const { pair, upstream } = world();
    const kept: HeaderList = [
      ["User-Agent", "claude-cli/2.1.330 (external, sdk-cli)"],
      ["anthropic-beta", "claude-code-20250219,effort-2025-11-24"],
      ["X-Claude-Code-Session-Id", "6ee0f335-ba30-436c-bd34-9e4d06466198"],
      ["x-twice", "one"],
      ["X-Twice", "two"],
      ["x-empty", ""],
      ["x-latin", "caf\u00e9"],
      ["accept", "text/event-stream"],
      ["content-language", "en"],
    ];
    await ask(pair.gatewayUrl, "messages", [...bearer(pair.apiKey), ...kept]);
    const [request] = upstream.requests;
    const came = (request?.rawHeaders ?? []).flatMap((name, at, all) =>
      at % 2 === 0 ? [[name, all[at + 1]]] : [],
    );
    const wanted = new Set(kept.map(([name]) => name.toLowerCase()));
    expect(came.filter(([name = ""]) => wanted.has(name.toLowerCase()))).toEqual(kept);
  },
);

proves(
  ["door.no-key-leaks", "door.never-throws"],
  "whatever headers come with a key, it is answered and the provider never sees the key",
  async () => {
    const { pair, upstream } = world();
    const secret = pair.apiKey.slice(11);
    const name = fc.oneof(
      fc.constantFrom(
        "authorization",
        "x-api-key",
        "api-key",
        "x-coder-ai-governance-token",
        "x-coder-session-token",
        "proxy-authorization",
        "cookie",
        "user-agent",
        "anthropic-beta",
        "x-goog-api-key",
      ),
      fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).filter((name) => !framing.has(name)),
    );
    const value = fc.oneof(
      fc.constantFrom(
        pair.apiKey,
        `Bearer ${pair.apiKey}`,
        `bearer  ${pair.apiKey}`,
        `Basic ${pair.apiKey}`,
        `x=${pair.apiKey}; y`,
        secret,
        "",
      ),
      fc.stringMatching(/^[ -~]{0,20}$/),
    );
    const headers = fc.array(fc.tuple(name, value), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(headers, async (list) => {
        upstream.requests.length = 0;
        const answer = await ask(pair.gatewayUrl, "messages", list);
        expect(answer.status).toBeGreaterThanOrEqual(200);
        for (const { rawHeaders } of upstream.requests) {
          expect(rawHeaders.some((part) => part.includes(secret))).toBe(false);
        }
      }),
      { numRuns: 300 },
    );
    expect((await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey))).status).toBe(200);
  },
);

/** Headers that say how the request itself is framed: another value is another request. */
const framing = new Set(["host", "connection", "te", "upgrade", "expect", "trailer"]);
