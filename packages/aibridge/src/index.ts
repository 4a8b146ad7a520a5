export {
  BodyTooLargeError,
  type Delegation,
  type Exchange,
  type ResponseSink,
} from "./exchange.ts";
export { createGateway, type Gateway, type GatewayLimits, type GatewayOptions } from "./gateway.ts";
export type { RawHeaders } from "./headers.ts";
export {
  type Authorization,
  type Authorizer,
  type Credential,
  GatewayKeyRefusedError,
  NotAuthorizedError,
} from "./identity/authorizer.ts";
export { delegatedApiKeyId, runWithDelegatedApiKeyId } from "./identity/delegated-api-key-id.ts";
export type { Log } from "./log.ts";
export type { ProviderConfig, ProviderType } from "./providers/provider.ts";
export { createLogRecorder } from "./record/log-recorder.ts";
export type { InterceptionEnd, InterceptionStart, Recorder } from "./record/recorder.ts";
export type { Serve } from "./server.ts";
export {
  createHttpTransportFactory,
  GatewayKeyMismatchError,
  type HttpTransportOptions,
  UnexpectedRedirectError,
} from "./transport/http-transport.ts";
export { createInProcessTransportFactory } from "./transport/in-process-transport.ts";
export {
  type Fetch,
  NoDelegationError,
  type TransportFactory,
} from "./transport/transport-factory.ts";
