import { createGateway, type GatewayOptions } from "@aibridge/aibridge";
import { listenGateway } from "@aibridge/aibridged";
import { createLogger, letHeapGrow } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";

/** Of all gateways of this process. */
export const log = createLogger({ name: "gateway", level: "info" });

const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "benchkeyid",
  username: "bench",
};

/**
 * Starts a gateway in this process that has coderd's answer at hand: every key
 * is one user's. It listens on a free port of loopback until the process ends.
 *
 * @param upstreams URLs of providers by name, all of them of Anthropic's kind
 * @param options what else it has; by default it records in its log only
 * @returns its URL
 */
export async function startStandaloneGateway(
  upstreams: Readonly<Record<string, string>>,
  options: Partial<GatewayOptions> = {},
): Promise<string> {
  // As `aibridge aibridged` does.
  letHeapGrow();
  const authorizer = { isAuthorized: async () => owner };
  const gateway = createGateway({ authorizer, log, ...options });
  gateway.setProviders(
    Object.entries(upstreams).map(([name, baseUrl]) => ({
      name,
      type: "anthropic" as const,
      baseUrl,
      enabled: true,
      credential: new Secret("sk-bench"),
    })),
  );
  const listen = { host: "127.0.0.1", port: 0 };
  return (await listenGateway({ listen, tls: undefined, serve: gateway.serve })).url;
}
