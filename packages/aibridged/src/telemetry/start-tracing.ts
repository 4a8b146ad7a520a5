import type { Log } from "@aibridge/aibridge";
import { aborted, deadline } from "@aibridge/runtime";
import { DiagLogLevel, diag, trace } from "@opentelemetry/api";
import {
  defaultResource,
  envDetector,
  hostDetector,
  osDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from "@opentelemetry/resources";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { Tracing } from "./open-tracing.ts";
import { createTraceTelemetry } from "./trace-telemetry.ts";

/** How long the last export may take. */
const shutdownTimeoutMs = 5_000;

/**
 * Starts the SDK, for traces only: metrics are Prometheus's. Import this module
 * only when tracing is on, it loads all of OpenTelemetry.
 */
export function startTracing(log: Log): Tracing {
  diag.setLogger(diagnosticsTo(log), DiagLogLevel.WARN);
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes({ "service.name": "aibridged" })),
    // Not the process detector: it tells of the command line, and keys may stand there.
    resourceDetectors: [serviceInstanceIdDetector, hostDetector, osDetector, envDetector],
    // Trace headers are read and written in trace-telemetry.ts, nowhere else.
    textMapPropagator: null,
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return {
    telemetry: createTraceTelemetry(trace.getTracer("aibridged")),
    async [Symbol.asyncDispose]() {
      using end = deadline(shutdownTimeoutMs);
      const done = sdk.shutdown().catch((err: unknown) => {
        log.warn({ err }, "the last spans were not exported");
      });
      await Promise.race([done, aborted(end.signal)]);
    },
  };
}

function diagnosticsTo(log: Log) {
  const warn = (message: string) => log.warn({ message }, "OpenTelemetry has trouble");
  const nothing = () => {};
  return { error: warn, warn, info: nothing, debug: nothing, verbose: nothing };
}
