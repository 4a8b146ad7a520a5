import type { TokenUsage } from "@aibridge/aibridge";
import { createMetrics } from "@aibridge/runtime";
import { expect, test } from "@jest/globals";
import { createMetricsTelemetry } from "./metrics-telemetry.ts";

const start = { method: "POST", path: "/anthropic/v1/messages", headers: [], requestId: "r1" };
const interception = {
  interceptionId: "019a0000-0000-7000-8000-000000000001",
  providerType: "anthropic",
  origin: "https://api.anthropic.com",
  model: "claude-alias",
  streaming: true,
  clientSessionId: "",
} as const;

function usageOf(model: string): TokenUsage {
  return {
    providerResponseId: "msg_1",
    model,
    inputTokens: 12,
    outputTokens: 34,
    cacheReadTokens: 5,
    cacheWriteTokens: 0,
    extraTokens: { reasoning_tokens: 9 },
    rawUsage: "{}",
    serviceTier: "",
    partial: false,
  };
}

/** The lines of `/metrics` that are the gateway's own. */
async function linesOf(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await metrics.metrics();
  return text.split("\n").filter((line) => line.startsWith("aibridge_"));
}

test("one request makes these counts", async () => {
  const metrics = createMetrics();
  const telemetry = createMetricsTelemetry(metrics);
  const request = telemetry.requestStarted(start);
  request.routed({ providerName: "anthropic", route: "messages" });
  request.interceptionStarted(interception);
  request.upstreamResponded(200);
  request.firstByte({ timeToFirstByteMs: 750, gatewayOverheadMs: 2 });
  request.chunk(20);
  request.chunk(30);
  request.tokens(usageOf("claude-sonnet-5-5"));
  request.tokens(usageOf(""));
  request.interceptionEnded({ status: "completed", errorType: undefined });
  request.ended(200);
  telemetry.spoolChanged({ events: 3, bytes: 1_024, oldestAgeMs: 1_500 });
  telemetry.eventsRecorded(40);

  expect((await linesOf(metrics)).filter((line) => !line.includes("_bucket"))).toEqual([
    'aibridge_requests_total{provider="anthropic",route="messages",status_class="2xx"} 1',
    'aibridge_tokens_total{provider="anthropic",model="claude-sonnet-5-5",type="input"} 12',
    'aibridge_tokens_total{provider="anthropic",model="claude-sonnet-5-5",type="output"} 34',
    'aibridge_tokens_total{provider="anthropic",model="claude-sonnet-5-5",type="cache_read"} 5',
    'aibridge_tokens_total{provider="anthropic",model="claude-alias",type="input"} 12',
    'aibridge_tokens_total{provider="anthropic",model="claude-alias",type="output"} 34',
    'aibridge_tokens_total{provider="anthropic",model="claude-alias",type="cache_read"} 5',
    'aibridge_time_to_first_byte_seconds_sum{provider="anthropic",route="messages"} 0.75',
    'aibridge_time_to_first_byte_seconds_count{provider="anthropic",route="messages"} 1',
    'aibridge_gateway_overhead_seconds_sum{provider="anthropic",route="messages"} 0.002',
    'aibridge_gateway_overhead_seconds_count{provider="anthropic",route="messages"} 1',
    'aibridge_inter_chunk_seconds_sum{provider="anthropic"} 0.05',
    'aibridge_inter_chunk_seconds_count{provider="anthropic"} 2',
    'aibridge_upstream_responses_total{provider="anthropic",status="200"} 1',
    'aibridge_interceptions_total{status="completed"} 1',
    "aibridge_spool_events 3",
    "aibridge_spool_bytes 1024",
    "aibridge_spool_oldest_age_seconds 1.5",
    "aibridge_recorder_lag_seconds_sum 0.04",
    "aibridge_recorder_lag_seconds_count 1",
    "aibridge_recorder_drops_total 0",
  ]);
});

// proves: metrics.liveness
test("a request that got nowhere has no provider; one whose client left has no status", async () => {
  const metrics = createMetrics();
  const telemetry = createMetricsTelemetry(metrics);
  telemetry.requestStarted({ ...start, path: "/made-up/v1/messages" }).ended(404);
  telemetry.requestStarted(start).ended(undefined);
  telemetry.requestStarted(start).ended(200, "authorizer_unavailable");
  const passed = telemetry.requestStarted(start);
  passed.routed({ providerName: "openai", route: "passthrough" });
  passed.upstreamResponded(999);
  passed.ended(999);
  telemetry.eventsDropped(2);
  const lines = await linesOf(metrics);
  expect(lines.filter((line) => line.startsWith("aibridge_requests_total"))).toEqual([
    'aibridge_requests_total{provider="none",route="none",status_class="4xx"} 1',
    'aibridge_requests_total{provider="none",route="none",status_class="none"} 1',
    'aibridge_requests_total{provider="none",route="none",status_class="2xx"} 1',
    'aibridge_requests_total{provider="openai",route="passthrough",status_class="other"} 1',
  ]);
  expect(lines).toContain('aibridge_upstream_responses_total{provider="openai",status="other"} 1');
  expect(lines).toContain("aibridge_recorder_drops_total 2");
  expect(lines).toContain('aibridge_requests_cut_total{reason="authorizer_unavailable"} 1');
});

test("10,000 made-up names make no more series than the bound", async () => {
  const metrics = createMetrics();
  const telemetry = createMetricsTelemetry(metrics, { providersMax: 3, modelsPerProviderMax: 20 });
  for (let i = 0; i < 10_000; i++) {
    const request = telemetry.requestStarted(start);
    request.routed({ providerName: `provider-${i % 7}`, route: "messages" });
    request.interceptionStarted({ ...interception, model: `asked-${i}` });
    request.tokens(usageOf(i % 2 === 0 ? `model-${i}` : ""));
    request.ended(200);
  }
  const lines = await linesOf(metrics);
  const labels = (name: string) =>
    new Set(lines.map((line) => new RegExp(` ?[{,]${name}="([^"]*)"`).exec(line)?.[1]));
  expect([...labels("provider")].filter(Boolean).sort()).toEqual([
    "other",
    "provider-0",
    "provider-1",
    "provider-2",
  ]);
  // Twenty names and `other`, for each of four providers.
  const inputs = lines.filter((line) => line.includes('type="input"'));
  expect(inputs).toHaveLength(84);
  // All are counted, under whatever name: 10,000 times 12.
  const sum = inputs.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
  expect(sum).toBe(120_000);
});

test("by default a provider has 200 models", async () => {
  const metrics = createMetrics();
  const request = createMetricsTelemetry(metrics).requestStarted(start);
  request.routed({ providerName: "openai", route: "responses" });
  for (let i = 0; i < 10_000; i++) request.tokens(usageOf(`model-${i}`));
  const inputs = (await linesOf(metrics)).filter((line) => line.includes('type="input"'));
  expect(inputs).toHaveLength(201);
  expect(inputs).toContain(
    'aibridge_tokens_total{provider="openai",model="other",type="input"} 117600',
  );
});

test("no key gets into the text of /metrics, whatever a model is called", async () => {
  const metrics = createMetrics();
  const key = "keyidkeyid-s3cretS3cretS3cretS3cr";
  const gatewayKey = "G4tewayKeyG4tewayKeyG4tewayKeyG4tewayKeyG4t";
  const request = createMetricsTelemetry(metrics).requestStarted({
    ...start,
    path: `/${key}`,
    headers: ["x-api-key", key],
  });
  request.routed({ providerName: "openai", route: "responses" });
  request.interceptionStarted({ ...interception, model: `gpt-${key}` });
  for (const name of [key, `gpt-${gatewayKey}`, "", 'x"} 1\nmade_up 1', "a b"]) {
    request.tokens(usageOf(name));
  }
  request.ended(200);
  const text = await metrics.metrics();
  expect(text).not.toContain("s3cret");
  expect(text).not.toContain("G4teway");
  expect(text).not.toContain("made_up");
  expect(text).toContain('aibridge_tokens_total{provider="openai",model="other",type="input"} 60');
});
