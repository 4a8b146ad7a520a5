import { createGateway } from "@aibridge/aibridge";
import { listenGateway } from "@aibridge/aibridged";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";

/**
 * The gateway with the answer of coderd at hand: what it costs by itself. Its
 * argument is the upstream's URL.
 */
const [upstreamUrl = ""] = process.argv.slice(2);
const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "benchkeyid",
  username: "bench",
};
const gateway = createGateway({
  authorizer: { isAuthorized: async () => owner },
  log: createLogger({ name: "gateway", level: "info" }),
});
gateway.setProviders([
  {
    name: "anthropic",
    type: "anthropic",
    baseUrl: upstreamUrl,
    enabled: true,
    credential: new Secret("sk-bench"),
  },
]);
const listener = await listenGateway({
  listen: { host: "127.0.0.1", port: 0 },
  tls: undefined,
  serve: gateway.serve,
});
process.stdout.write(`${JSON.stringify({ url: listener.url })}\n`);
