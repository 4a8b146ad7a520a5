import { openSpoolRecorder, type Recorder } from "@aibridge/aibridge";
import { createCoderdTransport, createRpcShipper, eventCodec } from "@aibridge/aibridged";
import { Secret } from "@aibridge/secret";
import { announce } from "../announce.ts";
import type { RecordingJob } from "../recording.ts";
import { log, startStandaloneGateway } from "../standalone-gateway.ts";
import { watchFirstBytes } from "./first-byte-watch.ts";

/**
 * The gateway with the answer of coderd at hand, which records or does not.
 * Takes a `RecordingJob` as its argument. On SIGUSR2 it prints what recording
 * added to first bytes since it was asked last.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as RecordingJob;

/** What recording is compared with: nothing is kept. */
const noRecorder: Recorder = {
  started: async () => {},
  record: () => {},
  close: async () => {},
};

async function openRecorder(): Promise<Recorder> {
  if (job.spool === undefined) return noRecorder;
  const transport = createCoderdTransport({
    url: job.keeperUrl,
    gatewayKey: new Secret("bench"),
    ca: undefined,
  });
  return openSpoolRecorder({
    folder: job.spool,
    codec: eventCodec,
    ship: createRpcShipper(transport),
    log,
  });
}

const watch = watchFirstBytes(await openRecorder());
const url = await startStandaloneGateway(job.upstreams, {
  recorder: watch.recorder,
  ...(job.watchFirstBytes && { telemetry: watch.telemetry }),
});
process.on("SIGUSR2", () => announce(watch.report()));
announce({ url });
