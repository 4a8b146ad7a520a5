import { createGateway } from "@aibridge/aibridge";
import { listenGateway } from "@aibridge/aibridged";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";

/**
 * The gateway with the answer of coderd at hand: what it costs by itself. Its
 * first argument is the upstream's URL; with `mcp` after it, it looks for MCP
 * servers of its users, who have none.
 */
const [upstreamUrl = "", mcp] = process.argv.slice(2);
const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "benchkeyid",
  username: "bench",
};
const noTokens = async () => ({ tokens: new Map(), errors: new Map() });
const gateway = createGateway({
  authorizer: { isAuthorized: async () => owner },
  ...(mcp && { mcpConfigurator: { serversOf: async () => [], accessTokensOf: noTokens } }),
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
