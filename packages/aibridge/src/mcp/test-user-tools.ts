import { Secret } from "@aibridge/secret";
import { Agent } from "undici";
import type { Log } from "../log.ts";
import { abortable } from "./abortable.ts";
import type { McpAccessTokens, McpConfigurator, McpServerConfig } from "./mcp-configurator.ts";
import { defaultMcpLimits, type McpLimits } from "./mcp-limits.ts";
import type { Toolbox } from "./toolbox.ts";
import { openUserTools, type UserTools } from "./user-tools.ts";

const testUserId = "0197b2a6-0000-7000-8000-000000000001";
export const testSessionKey = "keyidkeyid-s3cretS3cretS3cretS3cr";

/** A log line: its level, its event, its fields. */
interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A server as coderd would configure it, with all of it to be replaced. */
export function serverAt(
  url: string,
  { id = "fake", ...others }: Partial<McpServerConfig> = {},
): McpServerConfig {
  const patterns = { toolAllowRegex: "", toolDenyRegex: "" };
  return { id, url, auth: "none", ...patterns, headers: new Map(), ...others };
}

/** Coderd, by hand: its answers are changed by tests, its questions counted. */
class TestConfigurator implements McpConfigurator {
  servers: readonly McpServerConfig[];
  accessTokens: Record<string, string> = {};
  errors: Record<string, string> = {};
  /** What it rejects with instead. */
  failure: Error | undefined;
  /** Held back until this resolves. */
  ready: Promise<void> = Promise.resolve();
  serversAsked = 0;
  readonly tokensAsked: (readonly string[])[] = [];

  constructor(servers: readonly McpServerConfig[]) {
    this.servers = servers;
  }

  async serversOf(): Promise<readonly McpServerConfig[]> {
    this.serversAsked++;
    await this.ready;
    if (this.failure) throw this.failure;
    return this.servers;
  }

  async accessTokensOf(_userId: string, ids: readonly string[]): Promise<McpAccessTokens> {
    this.tokensAsked.push(ids);
    const known = Object.entries(this.accessTokens).filter(([id]) => ids.includes(id));
    return {
      tokens: new Map(known.map(([id, token]) => [id, new Secret(token)])),
      errors: new Map(Object.entries(this.errors)),
    };
  }
}

export interface TestUserTools extends AsyncDisposable {
  readonly userTools: UserTools;
  /** The toolbox; throws if there is none. */
  readonly toolbox: Toolbox;
  readonly configurator: TestConfigurator;
  readonly log: readonly LogLine[];
  /** The names that a request would get now. */
  names(): Promise<string[]>;
  /** Ends all pauses between attempts that are under way, and those to come. */
  hurry(): void;
  /** Ends all deadlines that are under way. */
  expire(): void;
  /** How long the deadlines were that somebody waited under. */
  readonly deadlinesMs: readonly number[];
}

export interface TestUserToolsOptions {
  readonly delegated?: boolean;
  readonly limits?: Partial<McpLimits>;
  /** Told of the configurator before it is asked. */
  readonly prepare?: (configurator: TestConfigurator) => void;
}

/** The tools of a user of these servers, on a clock that only moves by hand. */
export function openTestUserTools(
  servers: readonly McpServerConfig[],
  { delegated = false, limits = {}, prepare }: TestUserToolsOptions = {},
): TestUserTools {
  const configurator = new TestConfigurator(servers);
  prepare?.(configurator);
  const dispatcher = new Agent();
  const log: LogLine[] = [];
  const pausing = Promise.withResolvers<void>();
  let expiring = Promise.withResolvers<void>();
  const deadlinesMs: number[] = [];
  const userTools = openUserTools(
    {
      configurator,
      dispatcher,
      limits: { ...defaultMcpLimits, ...limits },
      log: logTo(log),
      clock: {
        pause: (_ms, signal) => abortable(pausing.promise, signal),
        expire: (ms, signal) => {
          deadlinesMs.push(ms);
          return abortable(expiring.promise, signal);
        },
      },
    },
    {
      initiatorId: testUserId,
      sessionKey: delegated ? undefined : new Secret(testSessionKey),
    },
    new AbortController().signal,
  );
  const toolbox = () => {
    const current = userTools.current();
    if (!current) throw new Error("there is no toolbox");
    return current;
  };
  return {
    userTools,
    configurator,
    log,
    get toolbox() {
      return toolbox();
    },
    async names() {
      return (await toolbox().tools(new AbortController().signal)).map(({ name }) => name);
    },
    hurry: pausing.resolve,
    expire() {
      expiring.resolve();
      expiring = Promise.withResolvers();
    },
    deadlinesMs,
    async [Symbol.asyncDispose]() {
      await userTools.close();
      await dispatcher.destroy();
    },
  };
}

function logTo(lines: LogLine[]): Log {
  const at = (level: string) => (fields: object, event: string) =>
    void lines.push({ ...fields, level, event });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
