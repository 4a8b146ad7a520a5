import { Agent } from "undici";
import { createBridge } from "./bridge.ts";
import type { Authorizer } from "./identity/authorizer.ts";
import type { InvalidationSource } from "./identity/invalidation.ts";
import { createLiveness, createUnwatchedLiveness } from "./identity/liveness.ts";
import type { RequestLimits } from "./limits/request-limits.ts";
import type { Log } from "./log.ts";
import type { McpConfigurator } from "./mcp/mcp-configurator.ts";
import { defaultMcpLimits, type McpLimits } from "./mcp/mcp-limits.ts";
import { openUserTools, type UserTools } from "./mcp/user-tools.ts";
import { createHandlerPool } from "./pool.ts";
import { type PrivacyPolicy, recordEverything } from "./privacy/privacy-policy.ts";
import { createRedactor } from "./privacy/redactor.ts";
import { createProvider, type Provider, type ProviderConfig } from "./providers/provider.ts";
import type { ProviderSet } from "./providers/routes.ts";
import { createLogRecorder } from "./record/log-recorder.ts";
import type { Recorder } from "./record/recorder.ts";
import type { RequestHandler } from "./request-handler.ts";
import { createServer, type Serve } from "./server.ts";
import { noTelemetry } from "./telemetry/no-telemetry.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import type { ToolLoopLimits } from "./tool-loop/limits.ts";
import { createResponseIds } from "./tool-loop/response-ids.ts";
import { type AddressGuard, guardedConnector } from "./upstream/guarded-connector.ts";
import type { KeyRests } from "./upstream/key-rotation.ts";
import { createUpstreams } from "./upstream/upstreams.ts";

export interface GatewayOptions {
  readonly authorizer: Authorizer;
  /**
   * Who tells of keys that may be accepted no more: then accepted ones are
   * remembered, and what is in flight under one that is not is cut. Default:
   * nobody; then each request asks.
   */
  readonly invalidations?: InvalidationSource;
  /** Where providers and MCP servers may be, by IP address. Default: anywhere. */
  readonly mayBeUpstream?: AddressGuard;
  /** Default: a recorder that logs. Whoever made it closes it, after the gateway. */
  readonly recorder?: Recorder;
  /** Who knows users' MCP servers. Default: nobody has any. */
  readonly mcpConfigurator?: McpConfigurator;
  /** How much of prompts, tool arguments and thoughts is recorded. Default: all. */
  readonly privacy?: PrivacyPolicy;
  /** Default: nobody measures. */
  readonly telemetry?: Telemetry;
  /** How much one user, or one key, may ask for. Default: as much as they like. */
  readonly requestLimits?: RequestLimits | undefined;
  /** Whether the process has more to do than it can. Default: never. */
  readonly overloaded?: () => boolean;
  readonly log: Log;
  readonly limits?: Partial<GatewayLimits>;
}

/** Every wait and every size has a bound; these are the ones that can be set. */
export interface GatewayLimits extends McpLimits {
  /** Default 32 MiB. */
  readonly bodyBytesMax: number;
  /** To connect to a provider. Default 10 s. */
  readonly upstreamConnectMs: number;
  /** Until the first byte of a provider's answer. Default 600 s. */
  readonly upstreamFirstByteMs: number;
  /** Between two chunks of a provider's answer. Default 300 s. */
  readonly upstreamIdleMs: number;
  /** How often a provider that fails is asked again for one request. Default 0: clients do that. */
  readonly upstreamRetriesMax: number;
  /** After so many failures in a row a provider and model are not asked. Default 20. */
  readonly breakerFailures: number;
  /** For so long. Default 5 s. */
  readonly breakerOpenMs: number;
  /** How long the source of invalidations may be silent before each request asks. Default 400 ms. */
  readonly livenessSilenceMs: number;
  /** How long a request may run without it being known that its key lives. Default 650 ms. */
  readonly unconfirmedMs: number;
  /** Upstream calls of one request whose tools the gateway runs. Default 10. */
  readonly toolRoundsMax: number;
  /** From a request's beginning, after which no further such call begins. Default 5 min. */
  readonly toolTimeMs: number;
  /** Tokens of all these calls together, after which none begins. Default 2,000,000. */
  readonly toolTokensMax: number;
}

const defaultLimits: GatewayLimits = {
  ...defaultMcpLimits,
  bodyBytesMax: 32 * 1_024 * 1_024,
  upstreamConnectMs: 10_000,
  upstreamFirstByteMs: 600_000,
  upstreamIdleMs: 300_000,
  upstreamRetriesMax: 0,
  breakerFailures: 20,
  breakerOpenMs: 5_000,
  livenessSilenceMs: 400,
  unconfirmedMs: 650,
  toolRoundsMax: 10,
  toolTimeMs: 300_000,
  toolTokensMax: 2_000_000,
};

/** The gateway as a library: doors feed it exchanges. */
export interface Gateway {
  /** Serves one exchange to its end. Never rejects. */
  readonly serve: Serve;
  /**
   * Publishes a configuration: new requests use it, those being served finish
   * on the one they began with. A provider that can't be built is logged and
   * left out; the others are not held up by it.
   *
   * @returns the names of those that were left out.
   */
  setProviders(configs: readonly ProviderConfig[]): string[];
  /** From now on, new requests are refused with 503. */
  drain(): void;
  /** Drains, waits for what is being served, and lets go of everything. Idempotent. */
  close(): Promise<void>;
  /** Cuts what is being served, and lets go of everything. Idempotent. */
  destroy(): Promise<void>;
}

/** A new gateway knows no providers, and answers 503 until the first `setProviders`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { authorizer, invalidations, log } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const { recorder = createLogRecorder(log), telemetry = noTelemetry } = options;
  // One dispatcher for all providers and generations: it keeps a pool of
  // connections for each origin, and closes those that nobody uses.
  const dispatcher = new Agent({
    connect: guardedConnector(
      { timeout: limits.upstreamConnectMs, allowH2: false },
      options.mayBeUpstream,
    ),
    // Over HTTP/1.1 a provider's header names reach the client in their letter
    // case and order; see docs/decisions.
    allowH2: false,
  });
  const liveness = invalidations
    ? createLiveness({
        authorizer,
        invalidations,
        silenceMs: limits.livenessSilenceMs,
        confirmWithinMs: limits.unconfirmedMs,
      })
    : createUnwatchedLiveness(authorizer);
  let providers: ProviderSet | undefined;
  let draining = false;
  let closing: Promise<void> | undefined;

  const upstreams = createUpstreams({
    dispatcher,
    retriesMax: limits.upstreamRetriesMax,
    breakerFailures: limits.breakerFailures,
    breakerOpenMs: limits.breakerOpenMs,
    now: () => performance.now(),
  });
  const bridgeOptions = {
    upstreams,
    recorder,
    redact: createRedactor(options.privacy ?? recordEverything),
    log,
    bodyBytesMax: limits.bodyBytesMax,
    deadlines: { firstByteMs: limits.upstreamFirstByteMs, idleMs: limits.upstreamIdleMs },
    toolLoop: toolLoopLimits(limits),
    responseIds: createResponseIds(),
  };
  const release = async () => {
    await pool.close();
    liveness[Symbol.dispose]();
  };
  const { mcpConfigurator: configurator } = options;
  const mcp = configurator && {
    configurator,
    dispatcher: mcpDispatcher(limits, options),
    limits,
    log,
  };
  const pool = createHandlerPool({
    build: async (identity, signal) => {
      const set = providers ?? new Map();
      if (!mcp) return createBridge(set, bridgeOptions);
      const tools = openUserTools(mcp, identity, signal);
      return closingToo(createBridge(set, { ...bridgeOptions, toolbox: tools.current }), tools);
    },
    onCloseError: (err) => log.warn({ err }, "request handler did not close"),
  });

  return {
    serve: createServer({
      liveness,
      pool,
      providers: () => providers ?? new Map(),
      unavailable: () => {
        if (draining) return "draining";
        if (options.overloaded?.()) return "overloaded";
        return providers ? undefined : "authorizer_unavailable";
      },
      requestLimits: options.requestLimits,
      log,
      telemetry,
    }),
    setProviders(configs) {
      const built = buildProviders(configs, upstreams.rests, log);
      providers = built;
      pool.renew();
      return configs.map(({ name }) => name).filter((name) => !built.has(name));
    },
    drain() {
      draining = true;
    },
    close() {
      draining = true;
      closing ??= release().then(async () => {
        await Promise.all([dispatcher.close(), mcp?.dispatcher.close()]);
      });
      return closing;
    },
    async destroy() {
      draining = true;
      await Promise.all([dispatcher.destroy(), mcp?.dispatcher.destroy()]);
      closing ??= release();
      await closing;
    },
  };
}

function toolLoopLimits(limits: GatewayLimits): Partial<ToolLoopLimits> {
  const { toolRoundsMax: roundsMax, toolTimeMs: wallTimeMs, toolTokensMax: tokensMax } = limits;
  return { roundsMax, wallTimeMs, tokensMax };
}

/** MCP has deadlines of its own, and streams that are silent for as long as nothing changes. */
function mcpDispatcher({ mcpConnectMs }: GatewayLimits, { mayBeUpstream }: GatewayOptions): Agent {
  const connect = guardedConnector({ timeout: mcpConnectMs }, mayBeUpstream);
  return new Agent({ connect, headersTimeout: 0, bodyTimeout: 0 });
}

/** The handler, which lets go of its user's tools when it is closed. */
function closingToo(handler: RequestHandler, tools: UserTools): RequestHandler {
  return {
    handle: handler.handle,
    async close() {
      await Promise.all([handler.close(), tools.close()]);
    },
  };
}

function buildProviders(
  configs: readonly ProviderConfig[],
  rests: KeyRests,
  log: Log,
): ProviderSet {
  const providers = new Map<string, Provider>();
  for (const config of configs) {
    try {
      providers.set(config.name, createProvider(config, rests));
    } catch (err) {
      log.error({ err, provider: config.name }, "provider can't be built");
    }
  }
  return providers;
}
