import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import { authenticate } from "../auth/authenticate.ts";
import { apiKeyService } from "./api-key.ts";
import { authorizerService } from "./authorizer.ts";
import type { ServiceContext } from "./context.ts";
import { gatewayKeyService } from "./gateway-key.ts";
import { interceptionService } from "./interception.ts";
import { logCalls } from "./log-calls.ts";
import { mcpConfiguratorService } from "./mcp-configurator.ts";
import { mcpServerService } from "./mcp-server.ts";
import { providerService } from "./provider.ts";
import { providerConfiguratorService } from "./provider-configurator.ts";
import { recordBytesMax, recorderService } from "./recorder.ts";
import { sessionService } from "./session.ts";
import { userService } from "./user.ts";

/** Every service of coderd. */
export const services = [
  AuthorizerService,
  UserService,
  ApiKeyService,
  GatewayKeyService,
  ProviderService,
  ProviderConfiguratorService,
  RecorderService,
  InterceptionService,
  SessionService,
  MCPServerService,
  MCPConfiguratorService,
] as const;

/** Registers every service. Serve them with `interceptors` only: those check the callers. */
export function routes(context: ServiceContext): (router: ConnectRouter) => void {
  return (router) => {
    router
      .service(AuthorizerService, authorizerService(context))
      .service(UserService, userService(context))
      .service(ApiKeyService, apiKeyService(context))
      .service(GatewayKeyService, gatewayKeyService(context))
      .service(ProviderService, providerService(context))
      .service(ProviderConfiguratorService, providerConfiguratorService(context))
      .service(RecorderService, recorderService(context), { readMaxBytes: recordBytesMax })
      .service(InterceptionService, interceptionService(context))
      .service(SessionService, sessionService(context))
      .service(MCPServerService, mcpServerService(context))
      .service(MCPConfiguratorService, mcpConfiguratorService(context));
  };
}

/** What every call passes, the outermost first. */
export function interceptors(context: ServiceContext): Interceptor[] {
  return [logCalls(context.log), authenticate(context)];
}
