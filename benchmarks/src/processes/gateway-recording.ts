import { createGateway, openSpoolRecorder, type Recorder } from "@aibridge/aibridge";
import {
  createCoderdTransport,
  createRpcShipper,
  eventCodec,
  listenGateway,
} from "@aibridge/aibridged";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import type { RecordingJob } from "../recording.ts";
import { watchFirstBytes } from "./first-byte-watch.ts";

/**
 * The gateway with the answer of coderd at hand, which records or does not.
 * Takes a `RecordingJob` as its argument. On SIGUSR2 it prints what recording
 * added to first bytes since it was asked last.
 */
const job = JSON.parse(process.argv[2] ?? "{}") as RecordingJob;
const log = createLogger({ name: "gateway", level: "info" });
const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "benchkeyid",
  username: "bench",
};

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
const gateway = createGateway({
  authorizer: { isAuthorized: async () => owner },
  recorder: watch.recorder,
  ...(job.watchFirstBytes && { telemetry: watch.telemetry }),
  log,
});
gateway.setProviders(
  Object.entries(job.upstreams).map(([name, baseUrl]) => ({
    name,
    type: "anthropic" as const,
    baseUrl,
    enabled: true,
    credential: new Secret("sk-bench"),
  })),
);
const listener = await listenGateway({
  listen: { host: "127.0.0.1", port: 0 },
  tls: undefined,
  serve: gateway.serve,
});
process.on("SIGUSR2", () => process.stdout.write(`${JSON.stringify(watch.report())}\n`));
process.stdout.write(`${JSON.stringify({ url: listener.url })}\n`);
