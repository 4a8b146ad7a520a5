import type { SpoolRecorder, Telemetry } from "@aibridge/aibridge";

/** How old the figures of the spool may be. */
const intervalMs = 1_000;

/** Tells the telemetry how full the spool is, and if it ever lost anything. */
export function watchSpool(recorder: SpoolRecorder, telemetry: Telemetry): Disposable {
  let told = 0;
  const tell = () => {
    const { events, bytes, oldestAgeMs, drops } = recorder.stats();
    telemetry.spoolChanged({ events, bytes, oldestAgeMs });
    if (drops > told) telemetry.eventsDropped(drops - told);
    told = drops;
  };
  const timer = setInterval(tell, intervalMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
