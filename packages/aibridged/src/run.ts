import {
  combineTelemetry,
  createGateway,
  openSpoolRecorder,
  privacyPolicyFrom,
} from "@aibridge/aibridge";
import {
  aborted,
  createMetrics,
  deadline,
  listenAdmin,
  loadCertificateAuthority,
  loadTlsIdentity,
  type ProcessContext,
} from "@aibridge/runtime";
import { createRpcAuthorizer } from "./coderd/authorizer.ts";
import { followProviders } from "./coderd/provider-feed.ts";
import { createCoderdTransport } from "./coderd/transport.ts";
import type { AibridgedConfig } from "./config.ts";
import { listenGateway } from "./listener.ts";
import { eventCodec } from "./record/event-codec.ts";
import { createRpcShipper } from "./record/rpc-shipper.ts";
import { checkSpool, watchSpool } from "./record/watch-spool.ts";
import { createMetricsTelemetry } from "./telemetry/metrics-telemetry.ts";
import { openTracing } from "./telemetry/open-tracing.ts";

/** A batch of the record may be large, and nobody waits for it. */
const recordWithinMs = 30_000;

/**
 * Runs an aibridged until it was told to drain and has drained. Starts without
 * coderd, too: it answers 503 and is not ready until coderd answers.
 */
export async function runAibridged(
  config: AibridgedConfig,
  { log, drain, cut, announce }: ProcessContext,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const tracing = stack.use(await openTracing(config.otel, log));
  const measured = createMetricsTelemetry(metrics);
  const telemetry = tracing ? combineTelemetry(measured, tracing.telemetry) : measured;

  const ca = config.coderdCa ? await loadCertificateAuthority(config.coderdCa) : undefined;
  const coderd = { url: config.coderdUrl, gatewayKey: config.gatewayKey, ca };
  const transport = createCoderdTransport(coderd);
  const recorder = await openSpoolRecorder({
    folder: config.spool,
    bytesMax: config.spoolBytesMax,
    codec: eventCodec,
    ship: createRpcShipper(createCoderdTransport({ ...coderd, answerWithinMs: recordWithinMs })),
    onShipped: telemetry.eventRecorded,
    log,
  });
  stack.defer(() => recorder.close());
  stack.use(watchSpool(recorder, telemetry));

  const gateway = createGateway({
    authorizer: createRpcAuthorizer(transport),
    recorder,
    privacy: privacyPolicyFrom(config),
    telemetry,
    log,
    limits: config,
  });
  stack.defer(() => gateway.destroy());

  const following = new AbortController();
  stack.defer(() => following.abort());
  const providers = followProviders(
    { transport, onProviders: gateway.setProviders, log },
    following.signal,
  );
  await providers.tried;

  const tls =
    config.tlsCert && config.tlsKey
      ? await loadTlsIdentity(config.tlsCert, config.tlsKey)
      : undefined;
  const listener = stack.use(
    await listenGateway({ listen: config.gatewayListen, tls, serve: gateway.serve }),
  );
  const admin = stack.use(
    await listenAdmin({
      listen: config.adminListen,
      metrics,
      ready: () => ({
        coderd: providers.check(),
        spool: checkSpool(recorder),
        draining: drain.aborted ? { ok: false, why: "draining" } : { ok: true },
      }),
      log,
    }),
  );
  announce({ gatewayUrl: listener.url, adminUrl: admin.url });

  await aborted(drain);
  gateway.drain();
  using end = deadline(config.drainTimeoutMs, cut);
  await listener.close(end.signal);
  await gateway.close();
}
