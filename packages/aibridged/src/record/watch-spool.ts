import type { SpoolProblem, SpoolRecorder, Telemetry } from "@aibridge/aibridge";
import type { Check } from "@aibridge/runtime";

/** How old the figures of the spool may be. */
const intervalMs = 1_000;

const reasons: Record<SpoolProblem, string> = {
  full: "the spool is full: coderd takes the record too slowly, or not at all",
  failing: "the spool can't be written: see to its disk",
};

/** Whether what is recorded can be kept: if not, every bridged request is refused. */
export function checkSpool(recorder: Pick<SpoolRecorder, "stats">): Check {
  const { problem } = recorder.stats();
  return problem ? { ok: false, why: reasons[problem] } : { ok: true };
}

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
