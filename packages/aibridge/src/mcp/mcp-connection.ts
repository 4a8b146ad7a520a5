import type { CallToolResult } from "@modelcontextprotocol/client";
import type { Dispatcher } from "undici";
import type { Log } from "../log.ts";
import { abortable } from "./abortable.ts";
import { withDeadline } from "./deadline.ts";
import { explain } from "./explain.ts";
import type { McpClock } from "./mcp-clock.ts";
import type { McpServerConfig } from "./mcp-configurator.ts";
import { type McpCredential, NoAccessTokenError } from "./mcp-credential.ts";
import type { McpLimits } from "./mcp-limits.ts";
import type { McpSession } from "./mcp-session.ts";
import { Nudge } from "./nudge.ts";
import type { ToolDefinition } from "./tool-definition.ts";
import type { ToolFilter } from "./tool-filter.ts";

export interface McpConnectionOptions {
  readonly server: McpServerConfig;
  readonly filter: ToolFilter;
  readonly credential: McpCredential;
  readonly dispatcher: Dispatcher;
  readonly limits: McpLimits;
  readonly clock: McpClock;
  readonly log: Log;
  /** What every log line bears. */
  readonly logFields: object;
  /** Told when `tools` is another list. */
  readonly onToolsChanged: () => void;
}

/** What bounds how often a server that notifies, or ends its streams, all the time is asked. */
const relistPauseMs = 1_000;
/** So many left out tools are logged. */
const leftOutMax = 128;
const backOffMinMs = 1_000;
const backOffMaxMs = 60_000;

/**
 * Keeps a session with one server until `lifetime` aborts: connects at once,
 * lists its tools, lists them again when the server says that they changed or
 * when there is doubt whether it is still there, and connects anew at once when
 * a session ended. A server that can't be reached is tried again, with a pause
 * that doubles up to a minute, and only if somebody wants its tools: thousands
 * of idle handlers must not knock at a door that is closed.
 */
export class McpConnection {
  readonly server: McpServerConfig;
  /** Resolves when it ended, which it does after `lifetime`. */
  readonly closed: Promise<void>;
  readonly #options: McpConnectionOptions;
  readonly #wanted = new Nudge();
  readonly #doubt = new Nudge();
  #tools: readonly ToolDefinition[] = [];
  #live: Live | undefined;
  /** Resolves when the attempt to connect that is under way came to something. */
  #attempt = Promise.withResolvers<void>();
  #state: "new" | "up" | "down" = "new";
  #why = "";
  /** Which tools were left out and why, as far as it was logged. */
  readonly #leftOut = new Set<string>();

  constructor(options: McpConnectionOptions, lifetime: AbortSignal) {
    this.#options = options;
    this.server = options.server;
    this.closed = this.#keep(lifetime);
  }

  /** The tools that may be offered, as far as known. None while the server is down. */
  get tools(): readonly ToolDefinition[] {
    return this.#tools;
  }

  /** Resolves when the server was reached, or not, for the first time. */
  get settled(): Promise<void> {
    return this.#attempt.promise;
  }

  /** Somebody would like to have its tools. */
  want(): void {
    this.#wanted.give();
  }

  /**
   * Calls a tool, within the deadline of calls. A session that turns out to
   * have ended is replaced, and the call repeated once: the server has not
   * looked at it (it answers 404 before). Rejects otherwise.
   */
  call(
    tool: ToolDefinition,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallToolResult> {
    const { limits, clock } = this.#options;
    const deadline = { ms: limits.mcpCallMs, expire: clock.expire, signal };
    return withDeadline(deadline, async (within) => {
      const live = await this.#current(within);
      try {
        return await live.session.call(tool, args, within);
      } catch (error) {
        if (!live.session.isEndedBy(error)) throw error;
        this.#lose(live, error);
        return (await this.#current(within)).session.call(tool, args, within);
      }
    });
  }

  /** What went wrong here, without anything that nobody may see. */
  explain(error: unknown): string {
    const { server, credential } = this.#options;
    return explain(error, [...server.headers.values(), ...credential.known()]);
  }

  async #current(signal: AbortSignal): Promise<Live> {
    await abortable(this.#attempt.promise, signal);
    if (!this.#live) throw new Error(`the server can't be reached (${this.#why})`);
    return this.#live;
  }

  async #keep(lifetime: AbortSignal): Promise<void> {
    let failures = 0;
    while (!lifetime.aborted) {
      const { wasUp, error } = await this.#connectAndStay(lifetime);
      if (lifetime.aborted) break;
      if (wasUp) {
        failures = 0;
        continue;
      }
      this.#down(error);
      await this.#rest(failures++, lifetime).catch(() => {});
      this.#attempt = Promise.withResolvers();
    }
    this.#offer([]);
    this.#attempt.resolve();
  }

  /** Connects, and stays until something goes wrong. */
  async #connectAndStay(lifetime: AbortSignal): Promise<{ wasUp: boolean; error: unknown }> {
    let live: Live | undefined;
    try {
      // The SDK is large: who has no MCP servers should not have it in memory.
      const { openMcpSession } = await import("./mcp-session.ts");
      await using session = await openMcpSession(this.#sessionOptions(), lifetime);
      for (;;) {
        const tools = await session.listTools(lifetime);
        live ??= this.#up(session);
        this.#offer(tools.filter(({ name }) => this.#options.filter(name)));
        await this.#nextDoubt(AbortSignal.any([lifetime, live.lost.signal]));
      }
    } catch (error) {
      if (live) this.#lose(live, error);
      return { wasUp: live !== undefined, error };
    }
  }

  async #nextDoubt(signal: AbortSignal): Promise<void> {
    await this.#options.clock.pause(relistPauseMs, signal);
    await this.#doubt.next(signal);
  }

  /** Not before the pause is over, and somebody wants the server. */
  async #rest(failures: number, lifetime: AbortSignal): Promise<void> {
    const pauseMs = Math.min(backOffMaxMs, backOffMinMs * 2 ** failures);
    // Half of it by chance, so that gateways don't come back all at once.
    await this.#options.clock.pause(pauseMs * (0.5 + Math.random() / 2), lifetime);
    await this.#wanted.next(lifetime);
  }

  #up(session: McpSession): Live {
    const live: Live = { session, lost: new AbortController() };
    this.#live = live;
    if (this.#state === "down") this.#options.log.info(this.#fields(), "mcp server is back");
    this.#state = "up";
    this.#attempt.resolve();
    return live;
  }

  /** This session is over, and another one is tried for. Its tools stay until that fails. */
  #lose(live: Live, error: unknown): void {
    if (this.#live !== live) return;
    this.#live = undefined;
    this.#attempt = Promise.withResolvers();
    live.lost.abort(error);
  }

  #down(error: unknown): void {
    this.#why = this.explain(error);
    this.#offer([]);
    if (this.#state !== "down") this.#logDown(error);
    this.#state = "down";
    this.#attempt.resolve();
  }

  #logDown(error: unknown): void {
    const fields = { ...this.#fields(), why: this.#why };
    // A user who never logged in there is no fault of anybody's.
    if (error instanceof NoAccessTokenError) {
      this.#options.log.info(fields, "mcp server needs a login");
    } else this.#options.log.warn(fields, "mcp server is down");
  }

  #offer(tools: readonly ToolDefinition[]): void {
    this.#tools = tools;
    this.#options.onToolsChanged();
  }

  #sessionOptions() {
    const { server, credential, dispatcher, limits, clock, log } = this.#options;
    return {
      server,
      credential,
      dispatcher,
      limits,
      clock,
      onDoubt: () => this.#doubt.give(),
      onInvalidTool: (tool: string, why: string) => {
        // A server that notifies all the time is listed all the time, and logged once.
        const what = `${tool} ${why}`;
        if (this.#leftOut.has(what) || this.#leftOut.size === leftOutMax) return;
        this.#leftOut.add(what);
        log.info({ ...this.#fields(), tool, why }, "mcp tool left out");
      },
    };
  }

  #fields(): object {
    return { ...this.#options.logFields, mcp_server: this.server.id };
  }
}

/** A session that serves. */
interface Live {
  readonly session: McpSession;
  /** Aborted by who finds that the session is over. */
  readonly lost: AbortController;
}
