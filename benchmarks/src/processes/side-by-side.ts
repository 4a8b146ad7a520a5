import { announce } from "../announce.ts";
import { startStandaloneGateway } from "../standalone-gateway.ts";

/**
 * Gateways in one process, so that they run the same compiled code: two that
 * know nothing of MCP, and one that looks for servers of its users, who have
 * none. Its argument is the upstream's URL.
 */
const [upstreamUrl = ""] = process.argv.slice(2);
const upstreams = { anthropic: upstreamUrl };
const mcpConfigurator = {
  serversOf: async () => [],
  accessTokensOf: async () => ({ tokens: new Map(), errors: new Map() }),
};
const urls = [
  await startStandaloneGateway(upstreams),
  await startStandaloneGateway(upstreams),
  await startStandaloneGateway(upstreams, { mcpConfigurator }),
];
announce({ urls });
