export { createRpcAuthorizer } from "./coderd/authorizer.ts";
export { type CoderdTransportOptions, createCoderdTransport } from "./coderd/transport.ts";
export { type AibridgedConfig, parseAibridgedConfig } from "./config.ts";
export { type GatewayListener, type GatewayListenerOptions, listenGateway } from "./listener.ts";
export { eventCodec } from "./record/event-codec.ts";
export { createRpcShipper } from "./record/rpc-shipper.ts";
export { runAibridged } from "./run.ts";
