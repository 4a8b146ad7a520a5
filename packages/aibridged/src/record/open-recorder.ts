import { openSpoolRecorder, type SpoolRecorder, type Telemetry } from "@aibridge/aibridge";
import type { Logger } from "@aibridge/runtime";
import type { Coderds } from "../coderd/coderds.ts";
import { createFailoverTransport } from "../coderd/failover-transport.ts";
import type { AibridgedConfig } from "../config.ts";
import { eventCodec } from "./event-codec.ts";
import { createRpcShipper } from "./rpc-shipper.ts";
import { watchSpool } from "./watch-spool.ts";

/** A batch of the record may be large, and nobody waits for it. */
const deadlines = { tryNextAfterMs: 5_000, answerWithinMs: 30_000 };

export interface OpenRecorderOptions {
  readonly config: Pick<AibridgedConfig, "spool" | "spoolBytesMax">;
  readonly coderds: Coderds;
  /** Told how full the spool is, and how late events come. */
  readonly telemetry: Telemetry;
  readonly log: Logger;
}

/**
 * Opens the spool, which ships to coderd. `stack` closes it.
 *
 * @throws SpoolInUseError, or Node's error if the folder can't be used.
 */
export async function openRecorder(
  { config, coderds, telemetry, log }: OpenRecorderOptions,
  stack: AsyncDisposableStack,
): Promise<SpoolRecorder> {
  const recorder = await openSpoolRecorder({
    folder: config.spool,
    bytesMax: config.spoolBytesMax,
    codec: eventCodec,
    ship: createRpcShipper(createFailoverTransport(coderds, deadlines)),
    onShipped: telemetry.eventsRecorded,
    log,
  });
  stack.defer(() => recorder.close());
  stack.use(watchSpool(recorder, telemetry));
  return recorder;
}
