import {
  type Answer,
  bodyOf,
  chatCompletions,
  cutAfter,
  gzipped,
  jsonAnswer,
  messages,
  responses,
  withHeaders,
} from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { open } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

const world = shareWorld();
const call = { id: "call_01", name: "weather", input: { city: "Pune" } };

type Route = keyof typeof paths;
const apis = { messages, "chat-completions": chatCompletions, responses } as const;
const routes: readonly Route[] = ["messages", "chat-completions", "responses"];

/** Opens a streaming request: resolves at the head of the answer. */
function openStream(route: Route, signal?: AbortSignal) {
  const { pair } = world();
  return open(`${pair.gatewayUrl}${paths[route]}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(pair.apiKey)],
    body: JSON.stringify({ ...bodies[route], stream: true }),
    ...(signal && { signal }),
  });
}

const answers: readonly [string, Route, Answer][] = routes.flatMap((route) => {
  const api = apis[route];
  return [
    ["text", route, api.text()],
    ["a stream", route, api.textStream("caf\u00e9 \u20ac \ud83d\ude80 over")],
    ["a tool call", route, api.toolCall(call)],
    ["a streamed tool call", route, api.toolCallStream(call)],
    ["an error event in mid-stream", route, api.errorMidStream()],
  ] as [string, Route, Answer][];
});

for (const [title, route, answer] of answers) {
  proves(
    ["relay.body-down", "relay.headers-down"],
    `${route}: ${title} arrives byte for byte, with status and headers`,
    async () => {
      const { pair, upstream } = world();
      upstream.answer(route, answer);
      const got = await ask(pair.gatewayUrl, route, bearer(pair.apiKey));
      expect(got.status).toBe(answer.status);
      expect(got.body.equals(bodyOf(answer))).toBe(true);
      for (const [name, value] of answer.headers) expect(got.header(name)).toBe(value);
      upstream.verify();
    },
  );
}

for (const route of routes) {
  for (const status of [400, 401, 403, 404, 429, 500, 503]) {
    proves(
      "relay.upstream-errors",
      `${route}: the provider's ${status} arrives as it is`,
      async () => {
        const { pair, upstream } = world();
        const answer = apis[route].error(status);
        upstream.answer(route, answer);
        const got = await ask(pair.gatewayUrl, route, bearer(pair.apiKey));
        expect(got.status).toBe(status);
        expect(got.body.equals(bodyOf(answer))).toBe(true);
        for (const [name, value] of answer.headers) expect(got.header(name)).toBe(value);
      },
    );
  }
}

proves(
  "relay.headers-down",
  "hop-by-hop headers of an answer stay behind, others come, repeated ones too",
  async () => {
    const { pair, upstream } = world();
    const answer = withHeaders(messages.text(), [
      ["Connection", "keep-alive, X-Hop"],
      ["Keep-Alive", "timeout=5"],
      ["X-Hop", "1"],
      ["Proxy-Authenticate", "Basic"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
      ["X-Other", "kept"],
    ]);
    upstream.answer("messages", answer);
    const got = await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
    expect(got.header("x-hop")).toBeUndefined();
    expect(got.header("proxy-authenticate")).toBeUndefined();
    expect(got.header("x-other")).toBe("kept");
    expect(got.header("set-cookie")).toBe("a=1, b=2");
  },
);

proves(
  "relay.headers-down",
  "a head arrives before any body, its headers in their letter case, order and bytes",
  async () => {
    const { upstream } = world();
    const headers: Answer["headers"] = [
      ["X-ZULU", "1"],
      ["Anthropic-RateLimit-Requests-Remaining", "49"],
      ["x-alpha", "caf\u00e9"],
      ["Content-Type", "text/event-stream"],
      ["X-Mike", ""],
    ];
    const next = upstream.next();
    const opening = openStream("messages");
    const call = await next;
    call.respond(200, headers);
    const answer = await opening;
    const names = new Set(headers.map(([name]) => name.toLowerCase()));
    const pairs = answer.rawHeaders.flatMap((name, at, all) =>
      at % 2 === 0 && names.has(name.toLowerCase()) ? [[name, all[at + 1]]] : [],
    );
    expect(pairs).toEqual(headers);
    await call.end();
  },
);

proves(
  "relay.body-down",
  "statuses without a body, and an empty body, arrive as such",
  async () => {
    const { pair, upstream } = world();
    for (const status of [204, 304, 200]) {
      upstream.answer("messages", { status, headers: [["x-n", "1"]], chunks: [], ending: "end" });
      const got = await ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
      expect([got.status, got.body.length, got.header("x-n")]).toEqual([status, 0, "1"]);
    }
  },
);

proves("relay.body-down", "a compressed answer reads as what the provider compressed", async () => {
  const { pair, upstream } = world();
  upstream.answer("messages", gzipped(messages.text()));
  const response = await fetch(`${pair.gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(pair.apiKey)].map(([name, value]) => [name, value]),
    body: JSON.stringify(bodies.messages),
  });
  expect(Buffer.from(await response.arrayBuffer()).equals(bodyOf(messages.text()))).toBe(true);
});

proves("relay.body-down", "an answer of 8 MiB arrives whole", async () => {
  const { pair, upstream } = world();
  const answer = jsonAnswer(200, [], { text: "x".repeat(8 * 1024 * 1024) });
  upstream.answer("responses", answer);
  const got = await ask(pair.gatewayUrl, "responses", bearer(pair.apiKey));
  expect(got.body.equals(bodyOf(answer))).toBe(true);
});

for (const route of routes) {
  proves(
    "relay.as-it-arrives",
    `${route}: each chunk arrives before the next is written`,
    async () => {
      const { upstream } = world();
      const next = upstream.next();
      const opening = openStream(route);
      const call = await next;
      const { headers, chunks } = apis[route].textStream();
      call.respond(200, headers);
      const answer = await opening;
      const reader = answer.iterator();
      for (const chunk of chunks) {
        await call.write(chunk);
        const { value } = await reader.next();
        expect(Buffer.from(chunk).equals(value)).toBe(true);
      }
      await call.end();
      expect((await reader.next()).done).toBe(true);
    },
  );

  for (const how of ["cut", "reset"] as const) {
    proves(
      "relay.broken-stream",
      `${route}: a stream that is ${how} is no whole one for the client`,
      async () => {
        const { upstream } = world();
        upstream.answer(route, cutAfter(apis[route].textStream(), 4, how));
        // A reset may overtake the head.
        const read = async () => {
          let text = "";
          try {
            for await (const chunk of await openStream(route)) text += String(chunk);
          } catch (error) {
            expect(error).toMatchObject({ code: "ECONNRESET" });
            return text;
          }
          throw new Error(`ended as if it were whole: ${text}`);
        };
        const text = await read();
        expect(text).not.toContain("[DONE]");
        expect(text).not.toContain("message_stop");
        expect(text).not.toContain("response.completed");
      },
    );
  }

  proves(
    "relay.client-leaves",
    `${route}: a client that leaves before the head cancels upstream`,
    async () => {
      const { upstream } = world();
      const next = upstream.next();
      const leaving = new AbortController();
      const opening = openStream(route, leaving.signal);
      const call = await next;
      leaving.abort();
      await expect(opening).rejects.toThrow();
      expect(await call.closed).toBe("left");
    },
  );

  proves(
    "relay.client-leaves",
    `${route}: a client that leaves in mid-stream cancels upstream`,
    async () => {
      const { upstream } = world();
      upstream.answer(route, cutAfter(apis[route].textStream(), 3, "stall"));
      const answer = await openStream(route);
      await answer.iterator().next();
      answer.destroy();
      expect(await upstream.requests[0]?.closed).toBe("left");
    },
  );
}

const garbage: readonly [string, string][] = [
  ["no HTTP", "\0\x01 not HTTP\r\n\r\n"],
  ["a status that is none", "HTTP/1.1 abc OK\r\n\r\n"],
  ["a header with a line break", "HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n"],
];

for (const [title, bytes] of garbage) {
  proves("relay.garbage", `a provider that answers with ${title} is 502`, async () => {
    const { pair, upstream } = world();
    const next = upstream.next();
    const asking = ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
    const call = await next;
    await call.garbage(bytes);
    const got = await asking;
    expect(got.status).toBe(502);
    expect(got.json()).toMatchObject({ type: "error", error: { type: "api_error" } });
  });
}

for (const how of ["cut", "reset"] as const) {
  proves(
    "relay.unreachable",
    `a provider whose connection is ${how} before its answer is 502`,
    async () => {
      const { pair, upstream } = world();
      const next = upstream.next();
      const asking = ask(pair.gatewayUrl, "responses", bearer(pair.apiKey));
      const call = await next;
      await call[how]();
      const got = await asking;
      expect(got.status).toBe(502);
      expect(got.json()).toMatchObject({ error: { type: "server_error" } });
      expect(upstream.requests.length).toBe(1);
    },
  );
}
