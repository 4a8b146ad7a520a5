// The same over HTTP: the gateway is another process, which has the providers,
// and this program presents a gateway key that is allowed to delegate.
import { createHttpTransportFactory } from "@aibridge/aibridge";
import { Secret } from "@aibridge/secret";
import { askBoth } from "./ask-both.ts";
import { setting } from "./settings.ts";

const transports = createHttpTransportFactory({
  gatewayUrl: setting("AIBRIDGE_GATEWAY_URL"),
  gatewayKey: new Secret(setting("AIBRIDGE_GATEWAY_KEY")),
});
await askBoth(transports, setting("AIBRIDGE_API_KEY_ID"));
