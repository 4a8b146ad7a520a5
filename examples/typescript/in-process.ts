// The gateway as a library, in the program that uses it: no socket between the
// SDKs and the gateway, and the same door as over HTTP. Who may is still for
// coderd to say, which a gateway key that is allowed to delegate asks.
import { createGateway, createInProcessTransportFactory } from "@aibridge/aibridge";
import { createCoderdTransport, createRpcAuthorizer } from "@aibridge/aibridged";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { askBoth } from "./ask-both.ts";
import { setting } from "./settings.ts";

const coderd = createCoderdTransport({
  url: setting("AIBRIDGE_CODERD_URL"),
  gatewayKey: new Secret(setting("AIBRIDGE_GATEWAY_KEY")),
  ca: undefined,
});
const gateway = createGateway({
  authorizer: createRpcAuthorizer(coderd),
  log: createLogger({ name: "in-process", level: "warn" }),
});
// An embedding program brings its own providers, and may replace them at any time.
gateway.setProviders([
  {
    name: "anthropic",
    type: "anthropic",
    baseUrl: setting("ANTHROPIC_BASE_URL"),
    enabled: true,
    credential: new Secret(setting("ANTHROPIC_API_KEY")),
  },
  {
    name: "openai",
    type: "openai",
    baseUrl: setting("OPENAI_BASE_URL"),
    enabled: true,
    credential: new Secret(setting("OPENAI_API_KEY")),
  },
]);
try {
  await askBoth(createInProcessTransportFactory(gateway.serve), setting("AIBRIDGE_API_KEY_ID"));
} finally {
  await gateway.close();
}
