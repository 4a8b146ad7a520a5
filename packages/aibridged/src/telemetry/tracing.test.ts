import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json, text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { isTracingOn } from "./open-tracing.ts";

const script = fileURLToPath(new URL("./test-traced-process.ts", import.meta.url));
const key = "keyidkeyid-s3cretS3cretS3cretS3cr";
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";

/** Runs the script in a process with only these variables. */
async function runTraced(env: Record<string, string>, headers: readonly string[]) {
  const args = [script, "--headers", JSON.stringify(headers)];
  const child = spawn(process.execPath, args, { env, timeout: 20_000 });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

/** What the tests read of OTLP's JSON. */
interface Export {
  readonly resourceSpans: {
    readonly resource: { readonly attributes: Attribute[] };
    readonly scopeSpans: { readonly spans: ExportedSpan[] }[];
  }[];
}
interface ExportedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code: number };
  readonly attributes: Attribute[];
}
interface Attribute {
  readonly key: string;
  readonly value: Record<string, unknown>;
}

/** An OTLP/HTTP receiver that keeps what it gets. */
async function startReceiver() {
  const exports: Export[] = [];
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    void json(request).then((body) => {
      exports.push(body as Export);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exports,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

test("a request is a SERVER span below the caller's, with a GenAI CLIENT span below it", async () => {
  await using receiver = await startReceiver();
  const { upstreamHeaders } = await runTraced(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    },
    [
      ...["Traceparent", `00-${traceId}-${parentId}-01`],
      ...["tracestate", "vendor=1"],
      ...["authorization", `Bearer ${key}`],
    ],
  );
  expect(receiver.paths).toEqual(["/v1/traces"]);
  const [exported] = receiver.exports[0]?.resourceSpans ?? [];
  const spans = exported?.scopeSpans[0]?.spans ?? [];
  expect(spans.map(({ name, kind, traceId }) => [name, kind, traceId])).toEqual([
    ["chat claude-sonnet-5-5 [secret]", 3, traceId],
    ["POST /{provider}/v1/messages", 2, traceId],
  ]);
  const [client, server] = spans;
  expect(server?.parentSpanId).toBe(parentId);
  expect(client?.parentSpanId).toBe(server?.spanId);
  expect(valuesOf(server?.attributes ?? [])).toEqual({
    "http.request.method": "POST",
    "url.path": "/anthropic/v1/messages",
    "http.route": "/{provider}/v1/messages",
    "http.response.status_code": 529,
    "error.type": "529",
    "aibridge.request.id": "request-1",
  });
  expect(valuesOf(client?.attributes ?? [])).toEqual({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-sonnet-5-5 [secret]",
    "gen_ai.request.stream": true,
    "gen_ai.conversation.id": "session-1",
    "gen_ai.response.id": "msg_1",
    "gen_ai.response.model": "claude-sonnet-5-5-20261001",
    "gen_ai.response.time_to_first_chunk": expect.any(Number),
    "gen_ai.usage.input_tokens": 17,
    "gen_ai.usage.output_tokens": 20,
    "gen_ai.usage.cache_read.input_tokens": 5,
    "gen_ai.usage.cache_creation.input_tokens": 2,
    "server.address": "api.anthropic.com",
    "server.port": 443,
    "http.response.status_code": 529,
    "error.type": "overloaded",
    "aibridge.interception.id": "019a0000-0000-7000-8000-000000000001",
    "aibridge.interception.status": "failed",
    "aibridge.provider.name": "anthropic-eu",
  });
  expect([client?.status.code, server?.status.code]).toEqual([2, 2]);
  expect(valuesOf(exported?.resource.attributes ?? [])).toMatchObject({
    "service.name": "aibridged",
    "deployment.environment.name": "test",
  });
  // Nor the command line, where keys may stand.
  expect(JSON.stringify(receiver.exports)).not.toMatch(/s3cret|--headers/);

  // The provider's parent is the CLIENT span; what is the client's own stays.
  expect(upstreamHeaders).toEqual([
    ...["tracestate", "vendor=1"],
    ...["authorization", `Bearer ${key}`],
    ...["traceparent", `00-${traceId}-${client?.spanId}-01`],
  ]);
});

test.each([
  ["none", []],
  ["a malformed one", ["traceparent", `00-${traceId}-${key}-01`]],
  [
    "two",
    [
      ...["traceparent", `00-${traceId}-${parentId}-01`],
      ...["traceparent", `00-${traceId}-${"1".repeat(16)}-01`],
    ],
  ],
])("with %s for a traceparent a trace begins here", async (_, headers) => {
  await using receiver = await startReceiver();
  const { upstreamHeaders } = await runTraced(
    {
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/traces`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_SERVICE_NAME: "my-gateway",
    },
    headers,
  );
  const [exported] = receiver.exports[0]?.resourceSpans ?? [];
  const [client, server] = exported?.scopeSpans[0]?.spans ?? [];
  expect(valuesOf(exported?.resource.attributes ?? [])["service.name"]).toBe("my-gateway");
  expect(server?.traceId).not.toBe(traceId);
  expect(server?.parentSpanId || undefined).toBeUndefined();
  expect(upstreamHeaders).toEqual(["traceparent", `00-${server?.traceId}-${client?.spanId}-01`]);
});

test("when off nothing of OpenTelemetry is loaded, and trace headers pass as they are", async () => {
  const headers = ["traceparent", `00-${traceId}-${parentId}-01`, "tracestate", "vendor=1"];
  expect(await runTraced({}, headers)).toEqual({ loaded: [], upstreamHeaders: headers });
});

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };

test.each([
  [{}, false],
  [{ OTEL_SERVICE_NAME: "x" }, false],
  [endpoint, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://127.0.0.1:4318/v1/traces" }, true],
  [{ OTEL_TRACES_EXPORTER: "console" }, true],
  [{ OTEL_TRACES_EXPORTER: "" }, false],
  [{ ...endpoint, OTEL_TRACES_EXPORTER: "none" }, false],
  [{ ...endpoint, OTEL_SDK_DISABLED: "true" }, false],
  [{ ...endpoint, OTEL_SDK_DISABLED: "false" }, true],
])("with %j tracing on is %s", (source, on) => {
  expect(isTracingOn(source)).toBe(on);
});
