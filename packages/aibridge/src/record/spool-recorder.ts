import type { Log } from "../log.ts";
import { systemClock } from "./clock.ts";
import type { EventCodec } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";
import type { EncodedRecorder, Recorder } from "./recorder.ts";
import { createSetAside } from "./ship/set-aside.ts";
import { type Ship, type ShipperStats, startShipper } from "./ship/shipper.ts";
import { openSpoolFolder } from "./spool/folder.ts";
import { ownFolder } from "./spool/owner.ts";
import { openSpool, type Spool, type SpoolStats } from "./spool/spool.ts";

export interface SpoolRecorderOptions {
  /** Made if there is none. For this process alone, on a local disk. */
  readonly folder: string;
  /** Past this no interception is admitted. Default 256 MiB. */
  readonly bytesMax?: number;
  readonly ship: Ship;
  /** The form in which events are kept and shipped. Default: JSON. */
  readonly codec?: EventCodec;
  /** Told when `ship` delivered events: how long after the oldest happened, in milliseconds. */
  readonly onShipped?: (lagMs: number) => void;
  readonly log: Log;
}

export type SpoolRecorderStats = SpoolStats & ShipperStats;

export interface SpoolRecorder extends Recorder {
  /** For events that were encoded elsewhere. */
  readonly encoded: EncodedRecorder;
  stats(): SpoolRecorderStats;
  /**
   * Makes durable what was taken, ships for 5 s at most as long as someone
   * answers, and lets go of the folder. What remains is shipped at the next start.
   */
  close(): Promise<void>;
}

const closeShippingMs = 5_000;
const pollMs = 10;

/**
 * The durable recorder: events go to a spool on disk, and from there to `ship`.
 * What an earlier process left in the folder is shipped first.
 *
 * @throws SpoolInUseError, or Node's error if the folder can't be used.
 */
export async function openSpoolRecorder(options: SpoolRecorderOptions): Promise<SpoolRecorder> {
  const { folder: path, log, ship, bytesMax, codec = jsonCodec } = options;
  const folder = await openSpoolFolder(path);
  const owner = await ownFolder(path);
  const spool = await openSpool({ folder, log, codec, ...(bytesMax && { bytesMax }) }).catch(
    (error) => {
      owner[Symbol.dispose]();
      throw error;
    },
  );
  const stopping = new AbortController();
  const setAside = createSetAside(path);
  const shipper = startShipper(
    { source: spool, ship, setAside, codec, onTaken: options.onShipped, clock: systemClock, log },
    stopping.signal,
  );

  async function close(): Promise<void> {
    await spool.seal();
    shipper.hurry();
    await shipWhatIsLeft(spool, shipper.stats);
    stopping.abort();
    await shipper.stopped;
    await spool.close();
    owner[Symbol.dispose]();
  }

  let closed: Promise<void> | undefined;
  return {
    started: spool.started,
    record: spool.record,
    written: spool.written,
    writeNow: spool.writeNow,
    encoded: spool.encoded,
    stats() {
      const [kept, sent] = [spool.stats(), shipper.stats()];
      return { ...kept, ...sent, drops: kept.drops + sent.drops };
    },
    close: () => (closed ??= close()),
  };
}

async function shipWhatIsLeft(spool: Spool, sent: () => ShipperStats): Promise<void> {
  const deadline = AbortSignal.timeout(closeShippingMs);
  while (spool.stats().events > 0 && sent().isAnswered && !deadline.aborted) {
    await systemClock.sleep(pollMs, deadline);
  }
}
