import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { cutAfter, messages, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { open, send } from "./http.ts";
import { proves } from "./proves.ts";
import { shareWorld } from "./world.ts";

// Short enough for a test, long enough for a busy machine to answer in.
const world = shareWorld({
  env: {
    AIBRIDGE_UPSTREAM_FIRST_BYTE_TIMEOUT: "1s",
    AIBRIDGE_UPSTREAM_IDLE_TIMEOUT: "1s",
    AIBRIDGE_UPSTREAM_CONNECT_TIMEOUT: "1s",
  },
});

proves(
  "relay.first-byte-deadline",
  "a provider that never answers is 504, and its call cancelled",
  async () => {
    const { pair, upstream } = world();
    const next = upstream.next();
    const asking = ask(pair.gatewayUrl, "messages", bearer(pair.apiKey));
    const call = await next;
    const answer = await asking;
    expect(answer.status).toBe(504);
    expect(answer.json()).toMatchObject({ type: "error", error: { type: "timeout_error" } });
    expect(await call.closed).toBe("left");
  },
);

proves(
  "relay.idle-deadline",
  "a stream that falls silent is broken off, and its call cancelled",
  async () => {
    const { pair, upstream } = world();
    upstream.answer("messages", cutAfter(messages.textStream(), 4, "stall"));
    const answer = await open(`${pair.gatewayUrl}${paths.messages}`, {
      method: "POST",
      headers: [...jsonHeaders, ...bearer(pair.apiKey)],
      body: JSON.stringify({ ...bodies.messages, stream: true }),
    });
    let text = "";
    const read = async () => {
      for await (const chunk of answer) text += String(chunk);
    };
    await expect(read()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(text.startsWith("event: message_start")).toBe(true);
    expect(text).not.toContain("message_stop");
    expect(await upstream.requests[0]?.closed).toBe("left");
  },
);

proves("relay.unreachable", "a provider at which nobody listens is 502", async () => {
  const { pair } = world();
  const gone = await startFakeUpstream();
  const baseUrl = gone.url;
  await gone[Symbol.asyncDispose]();
  await pair.owner.providers.createProvider({
    name: "gone",
    type: ProviderType.ANTHROPIC,
    baseUrl,
    credential: "sk-gone",
  });
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const answer = await send(`${pair.gatewayUrl}/gone/v1/messages`, {
      method: "POST",
      headers: [...jsonHeaders, ...bearer(pair.apiKey)],
      body: JSON.stringify(bodies.messages),
    });
    if (answer.status !== 404) {
      expect(answer.status).toBe(502);
      expect(answer.json()).toMatchObject({ type: "error", error: { type: "api_error" } });
      return;
    }
    // The gateway has not heard of the new provider yet.
    deadline.throwIfAborted();
  }
});
