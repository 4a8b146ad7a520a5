import type { Secret } from "@aibridge/secret";
import type { Dispatcher } from "undici";
import type { Log } from "../log.ts";
import { abortable } from "./abortable.ts";
import { withDeadline } from "./deadline.ts";
import { explain } from "./explain.ts";
import { type McpClock, systemClock } from "./mcp-clock.ts";
import type { McpConfigurator, McpServerConfig } from "./mcp-configurator.ts";
import { McpConnection } from "./mcp-connection.ts";
import { accessTokenCredentials, fixedCredential, type McpCredential } from "./mcp-credential.ts";
import type { McpLimits } from "./mcp-limits.ts";
import { Nudge } from "./nudge.ts";
import { createToolFilter } from "./tool-filter.ts";
import { offerTools, type ToolOffer } from "./tool-offer.ts";
import { failedOutcome, outcomeFrom } from "./tool-outcome.ts";
import type { Toolbox } from "./toolbox.ts";

export interface UserToolsOptions {
  readonly configurator: McpConfigurator;
  readonly dispatcher: Dispatcher;
  readonly limits: McpLimits;
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: McpClock;
}

/** Whose tools. */
export interface ToolsOwner {
  readonly initiatorId: string;
  /** The caller's full key; undefined for a delegated caller. */
  readonly sessionKey: Secret | undefined;
}

/** The tools of one user and key, for as long as their request handler lives. */
export interface UserTools {
  /** Undefined as soon as it is known that this user has no servers. */
  current(): Toolbox | undefined;
  /** Ends connections and calls. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts to get a user's tools, and returns at once: what asks coderd and
 * connects to servers does so behind, until `lifetime` aborts.
 */
export function openUserTools(
  options: UserToolsOptions,
  owner: ToolsOwner,
  lifetime: AbortSignal,
): UserTools {
  const closing = new AbortController();
  const toolbox = new UserToolbox(options, owner, AbortSignal.any([lifetime, closing.signal]));
  return {
    current: () => (toolbox.isEmpty ? undefined : toolbox),
    close() {
      closing.abort(new Error("the request handler is closed"));
      return toolbox.close();
    },
  };
}

/** So many connections does one handler hold at most. */
const serversMax = 64;
/** How long coderd is left alone after it did not answer. */
const reconfigureAfterMs = 5_000;

class UserToolbox implements Toolbox {
  /** Whether it is known that there is nothing in it, ever. */
  isEmpty = false;
  readonly #options: Required<UserToolsOptions>;
  readonly #owner: ToolsOwner;
  readonly #lifetime: AbortSignal;
  readonly #wanted = new Nudge();
  readonly #configured: Promise<void>;
  /** Resolves when coderd answered, or did not, for the first time. */
  readonly #asked = Promise.withResolvers<void>();
  #connections: readonly McpConnection[] = [];
  #offer: ToolOffer | undefined;
  #firstWait: Promise<void> | undefined;
  #leftOut = 0;

  constructor(options: UserToolsOptions, owner: ToolsOwner, lifetime: AbortSignal) {
    this.#options = { clock: systemClock, ...options };
    this.#owner = owner;
    this.#lifetime = lifetime;
    this.#configured = this.#configure();
  }

  async tools(signal: AbortSignal) {
    this.#wanted.give();
    for (const connection of this.#connections) connection.want();
    this.#firstWait ??= this.#settled();
    await abortable(this.#firstWait, signal);
    return this.#offered().tools;
  }

  async call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal) {
    const tool = this.#offered().byName.get(name);
    if (!tool) return failedOutcome("its server is down, or offers it no longer");
    const { connection, definition } = tool;
    try {
      const result = await connection.call(definition, args, signal);
      return outcomeFrom(result, this.#options.limits.mcpResultBytesMax);
    } catch (error) {
      return failedOutcome(signal.aborted ? "it was cancelled" : connection.explain(error));
    }
  }

  async close(): Promise<void> {
    await this.#configured;
    await Promise.all(this.#connections.map(({ closed }) => closed));
  }

  /** What has arrived by now. Lists only change when a connection says so. */
  #offered(): ToolOffer {
    this.#offer ??= offerTools(this.#connections);
    const { leftOut } = this.#offer;
    if (leftOut > 0 && leftOut !== this.#leftOut) {
      this.#options.log.warn({ ...this.#fields(), left_out: leftOut }, "too many mcp tools");
    }
    this.#leftOut = leftOut;
    return this.#offer;
  }

  /** Resolves when every server was reached, or not, and after the bound at the latest. */
  async #settled(): Promise<void> {
    const { limits, clock } = this.#options;
    const deadline = { ms: limits.mcpFirstWaitMs, expire: clock.expire, signal: this.#lifetime };
    const reached = async () => {
      await this.#asked.promise;
      await Promise.all(this.#connections.map(({ settled }) => settled));
    };
    await withDeadline(deadline, reached).catch(() => {});
  }

  /** Asks coderd until it answers: at once, and then when somebody wants tools. */
  async #configure(): Promise<void> {
    const { configurator, clock, log } = this.#options;
    for (let failures = 0; !this.#lifetime.aborted; failures++) {
      try {
        const asking = configurator.serversOf(this.#owner.initiatorId, this.#lifetime);
        this.#connect(await abortable(asking, this.#lifetime));
        break;
      } catch (error) {
        if (this.#lifetime.aborted) break;
        const fields = { ...this.#fields(), why: explain(error, []) };
        if (failures === 0) log.warn(fields, "mcp servers are not known");
        this.#asked.resolve();
        await clock
          .pause(reconfigureAfterMs, this.#lifetime)
          .then(() => this.#wanted.next(this.#lifetime))
          .catch(() => {});
      }
    }
    this.#asked.resolve();
  }

  #connect(configured: readonly McpServerConfig[]): void {
    const usable = configured.filter((server) => this.#mayUse(server));
    const servers = usable.slice(0, serversMax);
    if (servers.length < usable.length) {
      this.#options.log.warn({ ...this.#fields(), servers: usable.length }, "too many mcp servers");
    }
    this.isEmpty = servers.length === 0;
    const { configurator } = this.#options;
    const tokens = { configurator, userId: this.#owner.initiatorId, servers };
    const accessTokenOf = accessTokenCredentials(tokens, this.#lifetime);
    this.#connections = servers.flatMap((server) =>
      this.#connectionTo(server, this.#credentialFor(server, accessTokenOf)),
    );
  }

  /**
   * Coder's own server takes the session key, and a delegated caller has none:
   * it is not even contacted then (wire.md, section 8).
   */
  #mayUse(server: McpServerConfig): boolean {
    if (server.auth !== "session-key" || this.#owner.sessionKey) return true;
    const fields = { ...this.#fields(), mcp_server: server.id };
    this.#options.log.debug(fields, "mcp server skipped: no session key");
    return false;
  }

  #credentialFor(
    { id, auth }: McpServerConfig,
    accessTokenOf: (serverId: string) => McpCredential,
  ): McpCredential {
    if (auth === "access-token") return accessTokenOf(id);
    return fixedCredential(auth === "session-key" ? this.#owner.sessionKey : undefined);
  }

  #connectionTo(server: McpServerConfig, credential: McpCredential): McpConnection[] {
    const { dispatcher, limits, clock, log } = this.#options;
    try {
      const filter = createToolFilter(server.toolAllowRegex, server.toolDenyRegex);
      const onToolsChanged = () => {
        this.#offer = undefined;
      };
      const logFields = this.#fields();
      const options = { server, filter, credential, dispatcher, limits, clock, log, logFields };
      return [new McpConnection({ ...options, onToolsChanged }, this.#lifetime)];
    } catch (error) {
      const fields = { ...this.#fields(), mcp_server: server.id, why: explain(error, []) };
      log.warn(fields, "mcp server left out: its patterns are not RE2");
      return [];
    }
  }

  #fields(): object {
    return { user_id: this.#owner.initiatorId };
  }
}
