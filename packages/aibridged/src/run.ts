import { aborted, createMetrics, listenAdmin, type ProcessContext } from "@aibridge/runtime";
import { checkDraining } from "./check-draining.ts";
import { openCoderds } from "./coderd/open-coderds.ts";
import type { AibridgedConfig } from "./config.ts";
import { openRecorder } from "./record/open-recorder.ts";
import { checkSpool } from "./record/watch-spool.ts";
import { openServing } from "./serving.ts";
import { openTelemetry } from "./telemetry/open-telemetry.ts";
import { runKeeper } from "./workers/keeper.ts";

/**
 * Runs an aibridged until it was told to drain and has drained. Starts without
 * coderd, too: it answers 503 and is not ready until coderd answers.
 */
export function runAibridged(config: AibridgedConfig, context: ProcessContext): Promise<void> {
  return config.workers > 1 ? runKeeper(config, context) : runAlone(config, context);
}

/** All of it in this process. */
async function runAlone(
  config: AibridgedConfig,
  { log, drain, cut, announce }: ProcessContext,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const telemetry = await openTelemetry(config, metrics, stack, log);
  const coderds = await openCoderds(config, log);
  const recorder = await openRecorder({ config, coderds, telemetry, log }, stack);
  const serving = await openServing(
    { config, coderds, recorder, telemetry, metrics, log, reusePort: false },
    stack,
  );
  const ready = () => ({
    ...serving.check(),
    spool: checkSpool(recorder),
    draining: checkDraining(drain),
  });
  const admin = stack.use(await listenAdmin({ listen: config.adminListen, metrics, ready, log }));
  announce({ gatewayUrl: serving.url, adminUrl: admin.url });

  await aborted(drain);
  await serving.drain(cut);
}
