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
  mayBeUpstream,
  type ProcessContext,
} from "@aibridge/runtime";
import { createRpcAuthorizer } from "./coderd/authorizer.ts";
import { Coderds } from "./coderd/coderds.ts";
import { createFailoverTransport } from "./coderd/failover-transport.ts";
import { followInvalidations } from "./coderd/invalidation-feed.ts";
import { followProviders } from "./coderd/provider-feed.ts";
import type { AibridgedConfig } from "./config.ts";
import { watchOverload } from "./limits/overload.ts";
import { openRequestLimits } from "./limits/request-limits.ts";
import { listenGateway } from "./listener.ts";
import { createRpcMcpConfigurator } from "./mcp/rpc-mcp-configurator.ts";
import { eventCodec } from "./record/event-codec.ts";
import { createRpcShipper } from "./record/rpc-shipper.ts";
import { checkSpool, watchSpool } from "./record/watch-spool.ts";
import { createMetricsTelemetry } from "./telemetry/metrics-telemetry.ts";
import { openTracing } from "./telemetry/open-tracing.ts";
import { createProviderGauge } from "./telemetry/provider-gauge.ts";

/** How long coderd may take to say who may. */
const answerWithinMs = 5_000;
/** A batch of the record may be large, and nobody waits for it. */
const recordDeadlines = { tryNextAfterMs: 5_000, answerWithinMs: 30_000 };

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
  const coderds = new Coderds({ urls: config.coderdUrls, gatewayKey: config.gatewayKey, ca, log });
  const recorder = await openSpoolRecorder({
    folder: config.spool,
    bytesMax: config.spoolBytesMax,
    codec: eventCodec,
    ship: createRpcShipper(createFailoverTransport(coderds, recordDeadlines)),
    onShipped: telemetry.eventRecorded,
    log,
  });
  stack.defer(() => recorder.close());
  stack.use(watchSpool(recorder, telemetry));

  const requestLimits = openRequestLimits(config, stack, log);
  const overload = stack.use(watchOverload(config.shedDelayMs, log));
  const following = new AbortController();
  const transport = createFailoverTransport(coderds, {
    tryNextAfterMs: config.coderdTryNextMs,
    answerWithinMs,
  });
  const gateway = createGateway({
    authorizer: createRpcAuthorizer(transport),
    invalidations: followInvalidations(
      { coderds, silenceMs: config.livenessSilenceMs },
      following.signal,
    ),
    mayBeUpstream: (address) => mayBeUpstream(address, config.privateUpstreams),
    recorder,
    mcpConfigurator: createRpcMcpConfigurator(transport),
    privacy: privacyPolicyFrom(config),
    telemetry,
    requestLimits,
    overloaded: overload.isOverloaded,
    log,
    limits: config,
  });
  stack.defer(() => gateway.destroy());
  stack.defer(() => following.abort());

  const gauge = createProviderGauge(metrics);
  const providers = followProviders(
    {
      coderds,
      onProviders(configs, unknown) {
        const troubled = configs.filter(({ problem }) => problem).map(({ name }) => name);
        const broken = [...unknown, ...troubled, ...gateway.setProviders(configs)];
        gauge.show([...unknown, ...configs.map(({ name }) => name)], broken);
      },
      log,
    },
    following.signal,
  );
  await providers.tried;

  const tls =
    config.tlsCert && config.tlsKey
      ? await loadTlsIdentity(config.tlsCert, config.tlsKey)
      : undefined;
  const listener = stack.use(
    await listenGateway({
      listen: config.gatewayListen,
      tls,
      serve: gateway.serve,
      deadlines: {
        headersMs: config.clientHeadersMs,
        bodyMs: config.clientBodyMs,
        idleMs: config.clientIdleMs,
      },
    }),
  );
  const admin = stack.use(
    await listenAdmin({
      listen: config.adminListen,
      metrics,
      ready: () => ({
        coderd: coderds.check(),
        providers: providers.check(),
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
