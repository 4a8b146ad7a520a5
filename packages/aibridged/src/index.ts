export { createRpcAuthorizer } from "./coderd/authorizer.ts";
export { type Coderd, Coderds, type CoderdsOptions } from "./coderd/coderds.ts";
export { createFailoverTransport, type FailoverOptions } from "./coderd/failover-transport.ts";
export { followInvalidations, type InvalidationFeedOptions } from "./coderd/invalidation-feed.ts";
export { type CoderdTransportOptions, createCoderdTransport } from "./coderd/transport.ts";
export { type AibridgedConfig, parseAibridgedConfig } from "./config.ts";
export { type GatewayListener, type GatewayListenerOptions, listenGateway } from "./listener.ts";
export { runAibridged } from "./run.ts";
