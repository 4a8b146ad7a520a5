export {
  BodyTooLargeError,
  BodyTooSlowError,
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
export type { Invalidation, InvalidationSource } from "./identity/invalidation.ts";
export { hideKeys } from "./key-forms.ts";
export { memoryLimitStore, rateLimiterFrom, windowS } from "./limits/memory-limit-store.ts";
export {
  createRequestLimits,
  type LimitPolicy,
  type LimitStore,
  limitsAnything,
  type RequestLimits,
  type SlotCounter,
} from "./limits/request-limits.ts";
export type { Log } from "./log.ts";
export type {
  McpAccessTokens,
  McpAuth,
  McpConfigurator,
  McpServerConfig,
} from "./mcp/mcp-configurator.ts";
export type { McpLimits } from "./mcp/mcp-limits.ts";
export {
  contentPrivacies,
  parsePrivacyByProvider,
  privacyByProviderWanted,
} from "./privacy/parse-privacy.ts";
export { type PrivacyPolicy, recordEverything } from "./privacy/privacy-policy.ts";
export { type PrivacySettings, privacyPolicyFrom } from "./privacy/privacy-settings.ts";
export type { ProviderConfig, ProviderType } from "./providers/provider.ts";
export type { EncodedEvent, EventCodec, EventHead } from "./record/codec.ts";
export type {
  ContentPrivacy,
  InterceptionEnded,
  InterceptionErrorType,
  InterceptionStarted,
  InterceptionStatus,
  RecordEvent,
  TokenUsage,
} from "./record/events.ts";
export { interruptionOf } from "./record/interruption.ts";
export { createLogRecorder } from "./record/log-recorder.ts";
export {
  type EncodedRecorder,
  type ForeignEvent,
  type Recorder,
  SpoolFullError,
  type StartedEvent,
} from "./record/recorder.ts";
export {
  BatchRefusedError,
  type RejectedEvent,
  type Ship,
  type ShipperStats,
} from "./record/ship/shipper.ts";
export { type LeftEvent, leaveNotes } from "./record/spool/left-notes.ts";
export { SpoolInUseError } from "./record/spool/owner.ts";
export type { SpoolProblem } from "./record/spool/spool.ts";
export {
  openSpoolRecorder,
  type SpoolRecorder,
  type SpoolRecorderOptions,
  type SpoolRecorderStats,
} from "./record/spool-recorder.ts";
export type { Serve } from "./server.ts";
export { combineTelemetry } from "./telemetry/combine-telemetry.ts";
export { noTelemetry } from "./telemetry/no-telemetry.ts";
export type {
  FirstByteTiming,
  InterceptionFacts,
  RequestStart,
  RequestTelemetry,
  RouteFacts,
  RouteName,
  SpoolStats,
  Telemetry,
} from "./telemetry/telemetry.ts";
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
