import {
  createGateway,
  type Gateway,
  privacyPolicyFrom,
  type Recorder,
  type Telemetry,
} from "@aibridge/aibridge";
import {
  type Check,
  deadline,
  type Logger,
  loadTlsIdentity,
  type Metrics,
  mayBeUpstream,
} from "@aibridge/runtime";
import { createRpcAuthorizer } from "./coderd/authorizer.ts";
import type { Coderds } from "./coderd/coderds.ts";
import { createFailoverTransport } from "./coderd/failover-transport.ts";
import { followInvalidations } from "./coderd/invalidation-feed.ts";
import { followProviders, type ProviderFeed } from "./coderd/provider-feed.ts";
import type { AibridgedConfig } from "./config.ts";
import { watchOverload } from "./limits/overload.ts";
import { openRequestLimits } from "./limits/request-limits.ts";
import { type GatewayListener, listenGateway } from "./listener.ts";
import { createRpcMcpConfigurator } from "./mcp/rpc-mcp-configurator.ts";
import { createLivenessMetrics } from "./telemetry/liveness-metrics.ts";
import { createProviderGauge } from "./telemetry/provider-gauge.ts";

/** How long coderd may take to say who may. */
const answerWithinMs = 5_000;

/** What serving takes, but for its port. */
export interface ServingOptions {
  readonly config: AibridgedConfig;
  readonly coderds: Coderds;
  readonly recorder: Recorder;
  readonly telemetry: Telemetry;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Whether other processes serve on the port too. */
  readonly reusePort: boolean;
}

/** A gateway that follows coderd, on its port. */
export interface Serving {
  readonly url: string;
  /** What it needs of coderd, as far as is known. */
  check(): { readonly coderd: Check; readonly providers: Check };
  /**
   * Accepts nothing more and lets running requests end, until the configured
   * deadline or until `cut` aborts.
   */
  drain(cut: AbortSignal): Promise<void>;
}

/** Serves, with coderd or, until that answers, without. What it opens, `stack` closes. */
export async function openServing(
  options: ServingOptions,
  stack: AsyncDisposableStack,
): Promise<Serving> {
  const { config, coderds } = options;
  const following = new AbortController();
  const gateway = openGateway(options, stack, following.signal);
  stack.defer(() => following.abort());
  const providers = feedProviders(gateway, options, following.signal);
  await providers.tried;
  const listener = stack.use(await listen(gateway, options));
  return {
    url: listener.url,
    check: () => ({ coderd: coderds.check(), providers: providers.check() }),
    async drain(cut) {
      gateway.drain();
      using end = deadline(config.drainTimeoutMs, cut);
      await listener.close(end.signal);
      await gateway.close();
    },
  };
}

function openGateway(
  { config, coderds, recorder, telemetry, metrics, log }: ServingOptions,
  stack: AsyncDisposableStack,
  following: AbortSignal,
): Gateway {
  const requestLimits = openRequestLimits(config, stack, log);
  const overload = stack.use(watchOverload(config.shedDelayMs, log));
  const transport = createFailoverTransport(coderds, {
    tryNextAfterMs: config.coderdTryNextMs,
    answerWithinMs,
  });
  const { livenessSilenceMs: silenceMs } = config;
  const invalidations = followInvalidations({ coderds, silenceMs }, following);
  const measured = createLivenessMetrics(metrics, { silenceMs });
  measured.countLapses(invalidations);
  const gateway = createGateway({
    authorizer: measured.countAsks(createRpcAuthorizer(transport)),
    invalidations,
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
  return gateway;
}

/** Keeps the gateway's providers, and the gauge of them, as coderd has them. */
function feedProviders(
  gateway: Gateway,
  { coderds, metrics, log }: ServingOptions,
  following: AbortSignal,
): ProviderFeed {
  const gauge = createProviderGauge(metrics);
  return followProviders(
    {
      coderds,
      onProviders(configs, unknown) {
        const troubled = configs.filter(({ problem }) => problem).map(({ name }) => name);
        const broken = [...unknown, ...troubled, ...gateway.setProviders(configs)];
        gauge.show([...unknown, ...configs.map(({ name }) => name)], broken);
      },
      log,
    },
    following,
  );
}

async function listen(
  { serve }: Gateway,
  { config, reusePort }: ServingOptions,
): Promise<GatewayListener> {
  const { tlsCert, tlsKey } = config;
  const tls = tlsCert && tlsKey ? await loadTlsIdentity(tlsCert, tlsKey) : undefined;
  const deadlines = {
    headersMs: config.clientHeadersMs,
    bodyMs: config.clientBodyMs,
    idleMs: config.clientIdleMs,
  };
  return await listenGateway({ listen: config.gatewayListen, tls, serve, reusePort, deadlines });
}
