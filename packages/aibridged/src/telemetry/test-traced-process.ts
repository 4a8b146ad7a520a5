import { registerHooks } from "node:module";
import { parseArgs } from "node:util";

/**
 * For tests: a process with the environment it was given, that tells its
 * telemetry of one request and prints which of OpenTelemetry it loaded and what
 * a provider would have got.
 */
const loaded = new Set<string>();
registerHooks({
  resolve(specifier, context, next) {
    const name = /^@opentelemetry\/[\w-]+/.exec(specifier)?.[0];
    // prom-client brings the API, for exemplars; that is none of ours.
    const byPromClient = context.parentURL?.includes("/node_modules/prom-client/");
    if (name !== undefined && !byPromClient) loaded.add(name);
    return next(specifier, context);
  },
});

const { combineTelemetry } = await import("@aibridge/aibridge");
const { createLogger } = await import("@aibridge/runtime");
const { openTracing } = await import("./open-tracing.ts");

const { values } = parseArgs({ options: { headers: { type: "string", default: "[]" } } });
const headers: string[] = JSON.parse(values.headers);
const log = createLogger({ name: "test", level: "warn" });
// biome-ignore lint/style/noProcessEnv: this script is a process's edge.
const tracing = await openTracing(process.env, log);
const telemetry = combineTelemetry(...(tracing ? [tracing.telemetry] : []));

const upstreamHeaders = [...headers];
const request = telemetry.requestStarted({
  method: "POST",
  path: "/anthropic/v1/messages",
  headers,
  requestId: "request-1",
});
request.routed({ providerName: "anthropic-eu", route: "messages" });
request.interceptionStarted({
  interceptionId: "019a0000-0000-7000-8000-000000000001",
  providerType: "anthropic",
  origin: "https://api.anthropic.com",
  model: "claude-sonnet-5-5 keyidkeyid-s3cretS3cretS3cretS3cr",
  streaming: true,
  clientSessionId: "session-1",
});
request.propagate(upstreamHeaders);
request.upstreamResponded(529);
request.firstByte({ timeToFirstByteMs: 5, gatewayOverheadMs: 1 });
request.chunk(3);
request.tokens({
  providerResponseId: "msg_1",
  model: "claude-sonnet-5-5-20261001",
  inputTokens: 10,
  outputTokens: 20,
  cacheReadTokens: 5,
  cacheWriteTokens: 2,
  extraTokens: {},
  rawUsage: "{}",
  serviceTier: "",
  partial: false,
});
request.interceptionEnded({ status: "failed", errorType: "overloaded" });
request.ended(529);

await tracing?.[Symbol.asyncDispose]();
process.stdout.write(`${JSON.stringify({ loaded: [...loaded].sort(), upstreamHeaders })}\n`);
