import {
  createGateway,
  createHttpTransportFactory,
  createInProcessTransportFactory,
  type Log,
  runWithDelegatedApiKeyId,
  type TransportFactory,
} from "@aibridge/aibridge";
import { Secret } from "@aibridge/secret";
import Anthropic, { RateLimitError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, expect } from "@jest/globals";
import OpenAI from "openai";
import { proves } from "../proves.ts";
import { providerKey } from "../world.ts";
import { shareSdkWorld } from "./sdk-world.ts";

const world = shareSdkWorld();
const userId = "00000000-0000-4000-8000-000000000001";
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

const gateway = createGateway({
  authorizer: {
    isAuthorized: async ({ kind }) => {
      if (kind !== "key-id") throw new Error("an in-house caller has no key");
      return { ownerId: userId, apiKeyId: "in-process", username: "someone" };
    },
  },
  log: silent,
});
const factories = new Map<string, TransportFactory>();

beforeAll(() => {
  const { pair, upstream } = world();
  const common = { enabled: true, credential: new Secret(providerKey) } as const;
  gateway.setProviders([
    { ...common, name: "anthropic", type: "anthropic", baseUrl: upstream.url },
    { ...common, name: "openai", type: "openai", baseUrl: `${upstream.url}/v1` },
  ]);
  factories.set("in-process", createInProcessTransportFactory(gateway.serve));
  const { gatewayUrl } = pair;
  const gatewayKey = new Secret(pair.gatewayKey);
  factories.set("HTTP", createHttpTransportFactory({ gatewayUrl, gatewayKey }));
});
afterAll(() => gateway.close());

for (const kind of ["in-process", "HTTP"]) {
  /** SDKs that believe they talk to the providers themselves, with a key that is none. */
  const withSdks = (use: (sdks: { anthropic: Anthropic; openai: OpenAI }) => Promise<void>) =>
    runWithDelegatedApiKeyId(world().pair.apiKey.slice(0, 10), async () => {
      const factory = factories.get(kind);
      const options = { apiKey: "none", maxRetries: 0 };
      await use({
        anthropic: new Anthropic({ ...options, fetch: factory?.transportFor("anthropic", "e2e") }),
        // Its own base URL ends in /v1, and so does the provider's route.
        openai: new OpenAI({ ...options, fetch: factory?.transportFor("openai", "e2e") }),
      });
    });
  const hi = [{ role: "user" as const, content: "hi" }];

  proves("transport.sdk", `by the ${kind} transport SDKs get answers and streams`, () =>
    withSdks(async ({ anthropic, openai }) => {
      const message = { model: "text", max_tokens: 9, messages: hi };
      const whole = await anthropic.messages.create(message);
      expect(whole.content).toEqual([{ type: "text", text: "Hello from the upstream." }]);
      const streamed = await anthropic.messages.stream(message).finalText();
      expect(streamed).toBe("Hello from the upstream.");
      const completion = await openai.chat.completions.create({ model: "text", messages: hi });
      expect(completion.choices[0]?.message.content).toBe("Hello from the upstream.");
      const response = await openai.responses
        .stream({ model: "text", input: "hi" })
        .finalResponse();
      expect(response.output_text).toBe("Hello from the upstream.");
      for (const request of world().upstream.requests) {
        expect(request.rawHeaders.join("\n")).not.toContain(world().pair.gatewayKey);
      }
    }),
  );

  proves("transport.sdk", `by the ${kind} transport SDKs get errors as their own classes`, () =>
    withSdks(async ({ anthropic }) => {
      const asked = anthropic.messages.create({ model: "429", max_tokens: 9, messages: hi });
      await expect(asked).rejects.toBeInstanceOf(RateLimitError);
    }),
  );

  proves("transport.sdk", `by the ${kind} transport an abort reaches the upstream`, () =>
    withSdks(async ({ openai }) => {
      const before = world().upstream.requests.length;
      const stream = await openai.responses.create({ model: "stall", input: "hi", stream: true });
      for await (const _ of stream) break;
      expect(await world().upstream.requests[before]?.closed).toBe("left");
    }),
  );
}
