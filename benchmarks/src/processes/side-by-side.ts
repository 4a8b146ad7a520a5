import { createGateway, type GatewayOptions } from "@aibridge/aibridge";
import { listenGateway } from "@aibridge/aibridged";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";

/**
 * Gateways in one process, so that they run the same compiled code: two that
 * know nothing of MCP, and one that looks for servers of its users, who have
 * none. Its argument is the upstream's URL.
 */
const [upstreamUrl = ""] = process.argv.slice(2);
const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "benchkeyid",
  username: "bench",
};
const log = createLogger({ name: "gateway", level: "info" });

async function start(options: Partial<GatewayOptions>): Promise<string> {
  const authorizer = { isAuthorized: async () => owner };
  const gateway = createGateway({ authorizer, log, ...options });
  gateway.setProviders([
    {
      name: "anthropic",
      type: "anthropic",
      baseUrl: upstreamUrl,
      enabled: true,
      credential: new Secret("sk-bench"),
    },
  ]);
  const listen = { host: "127.0.0.1", port: 0 };
  return (await listenGateway({ listen, tls: undefined, serve: gateway.serve })).url;
}

const mcpConfigurator = {
  serversOf: async () => [],
  accessTokensOf: async () => ({ tokens: new Map(), errors: new Map() }),
};
const urls = [await start({}), await start({}), await start({ mcpConfigurator })];
process.stdout.write(`${JSON.stringify({ urls })}\n`);
