import { aborted, createMetrics, listenAdmin, type ProcessContext, urlOf } from "@aibridge/runtime";
import { Counter } from "prom-client";
import { checkDraining } from "../check-draining.ts";
import { openCoderds } from "../coderd/open-coderds.ts";
import type { AibridgedConfig } from "../config.ts";
import { openRecorder } from "../record/open-recorder.ts";
import { checkSpool } from "../record/watch-spool.ts";
import { createMetricsTelemetry } from "../telemetry/metrics-telemetry.ts";
import { pickPort } from "./pick-port.ts";
import { startWorkers } from "./workers.ts";

/**
 * Keeps workers, which serve, until it was told to drain and they have drained.
 * The keeper serves no request: it has what there is one of, the spool and the
 * admin port, and starts a worker again that died.
 */
export async function runKeeper(
  config: AibridgedConfig,
  { log, drain, cut, announce }: ProcessContext,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const telemetry = createMetricsTelemetry(metrics);
  const lost = new Counter({
    name: "aibridge_workers_lost_total",
    help: "Workers that ended without having been asked to.",
    registers: [metrics],
  });
  // First: who can have the port has no worker of a dead keeper beside it, which
  // would leave something in the spool yet.
  const listen = await pickPort(config.gatewayListen);
  const coderds = await openCoderds(config, log);
  const recorder = await openRecorder({ config, coderds, telemetry, log }, stack);
  const workers = stack.use(
    await startWorkers({ config, listen, recorder, onLost: () => lost.inc(), log }),
  );
  const sums = async () => await workers.metrics(await metrics.getMetricsAsJSON());
  const admin = stack.use(
    await listenAdmin({
      listen: config.adminListen,
      metrics: {
        contentType: metrics.contentType,
        metrics: async () => await (await sums()).metrics(),
      },
      ready: async () => ({
        workers: await workers.check(),
        spool: checkSpool(recorder),
        draining: checkDraining(drain),
      }),
      log,
    }),
  );
  const gatewayUrl = urlOf(config.tlsCert ? "https" : "http", listen);
  announce({ gatewayUrl, adminUrl: admin.url });

  await aborted(drain);
  await workers.stop(cut);
}
