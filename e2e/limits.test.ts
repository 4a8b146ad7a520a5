import { once } from "node:events";
import { expect } from "@jest/globals";
import { ask, bearer, jsonHeaders, paths } from "./ask.ts";
import { open } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

const world = shareWorld({ env: { AIBRIDGE_LIMIT_KEY_CONCURRENT_REQUESTS: "1" } });

proves(
  ["limits.concurrency", "limits.format"],
  "beside a stream that is open the key's next request is 429 in its API's shape, and after it served",
  async () => {
    const { pair, upstream } = world();
    const key = bearer(pair.apiKey);
    const next = upstream.next();
    const opening = open(`${pair.gatewayUrl}${paths.messages}`, {
      method: "POST",
      headers: [...jsonHeaders, ...key],
      body: JSON.stringify({ model: "claude", max_tokens: 1, stream: true, messages: [] }),
    });
    const call = await next;
    call.respond(200, [["content-type", "text/event-stream"]]);
    const stream = await opening;
    const anthropic = await ask(pair.gatewayUrl, "messages", key);
    expect(anthropic.status).toBe(429);
    expect(anthropic.header("retry-after")).toBe("1");
    expect(anthropic.json()).toMatchObject({
      type: "error",
      error: { type: "rate_limit_error", message: "too many requests at the same time" },
    });
    const openai = await ask(pair.gatewayUrl, "responses", key);
    expect(openai.status).toBe(429);
    expect(openai.json()).toMatchObject({
      error: { type: "rate_limit_error", code: "too_many_requests_at_once" },
    });
    expect(upstream.requests.length).toBe(1);
    await call.end();
    stream.resume();
    await once(stream, "end");
    expect((await ask(pair.gatewayUrl, "messages", key)).status).toBe(200);
  },
);
