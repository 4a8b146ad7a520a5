import { Secret } from "@aibridge/secret";
import type { FakeUpstream, ReceivedRequest } from "@aibridge/testing/fake-upstream";
import { startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { Agent } from "undici";
import { createBridge } from "../bridge.ts";
import { runWithDelegatedApiKeyId } from "../identity/delegated-api-key-id.ts";
import { createUnwatchedLiveness } from "../identity/liveness.ts";
import type { InjectedTool, Toolbox, ToolOutcome } from "../mcp/toolbox.ts";
import { recordEverything } from "../privacy/privacy-policy.ts";
import { createRedactor } from "../privacy/redactor.ts";
import { createProvider } from "../providers/provider.ts";
import type { Clock } from "../record/clock.ts";
import type { RecordEvent, ToolUsage } from "../record/events.ts";
import type { RequestHandler } from "../request-handler.ts";
import { createServer } from "../server.ts";
import { noTelemetry } from "../telemetry/no-telemetry.ts";
import { createInProcessTransportFactory } from "../transport/in-process-transport.ts";
import type { Fetch } from "../transport/transport-factory.ts";
import { createUpstreams } from "../upstream/upstreams.ts";
import type { ToolLoopLimits } from "./limits.ts";
import { createResponseIds } from "./response-ids.ts";
import type { Route } from "./test-turns.ts";

/** How the tools of a test behave, by the name that the model knows. */
export type ToolScript = Readonly<
  Record<string, (args: unknown, signal: AbortSignal) => Promise<ToolOutcome>>
>;

/** Tools that do what a test says, and remember who asked for what. */
class ScriptedToolbox implements Toolbox {
  readonly calls: { readonly name: string; readonly args: unknown }[] = [];
  readonly #script: ToolScript;

  constructor(script: ToolScript) {
    this.#script = script;
  }

  async tools(): Promise<readonly InjectedTool[]> {
    return Object.keys(this.#script).map(toolNamed);
  }

  async call(name: string, args: unknown, signal: AbortSignal): Promise<ToolOutcome> {
    this.calls.push({ name, args });
    const run = this.#script[name];
    if (!run) throw new Error(`no tool ${name}`);
    return await run(args, signal);
  }

  async close(): Promise<void> {}
}

/** The tool of a name such as `bmcp_srv_add`. */
function toolNamed(name: string): InjectedTool {
  return {
    name,
    description: `Tool ${name}`,
    inputSchema: { type: "object", properties: {} },
    serverId: "srv",
    serverUrl: "https://mcp.test/srv",
    toolName: name.replace("bmcp_srv_", ""),
  };
}

/** What a tool gives that says this. */
export function says(text: string): ToolOutcome {
  return { content: [{ type: "text", text }], isError: false, invocationError: undefined };
}

/** A tool that can't be reached. */
export function failsWith(why: string): ToolOutcome {
  return { content: [{ type: "text", text: why }], isError: true, invocationError: why };
}

/** Of each upstream answer on record: its id, its tokens in and out, and whether it is partial. */
export function usagesOf({ events }: LoopWorld): unknown[] {
  return events.flatMap((event) => {
    if (event.kind !== "token_usage") return [];
    const { providerResponseId, inputTokens, outputTokens, partial } = event.tokenUsage;
    return [[providerResponseId, inputTokens, outputTokens, partial]];
  });
}

export interface LoopWorldOptions {
  readonly limits?: Partial<ToolLoopLimits>;
  readonly clock?: Clock;
  /** Before this, no start is on record. */
  readonly recorded?: Promise<void>;
  /** Who serves instead of a fake of its own. */
  readonly upstream?: FakeUpstream;
}

/** A gateway whose user has tools, in front of a provider on a socket. */
export interface LoopWorld extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly toolbox: ScriptedToolbox;
  readonly events: RecordEvent[];
  /** The tool calls on record. */
  toolUsages(): ToolUsage[];
  /** Resolves when an interception has its end on record. */
  readonly ended: Promise<void>;
  readonly logged: { readonly fields: object; readonly event: string }[];
  /** For SDKs: whatever the host, it goes to the gateway's provider of that name. */
  fetch(provider: "anthropic" | "openai"): Fetch;
}

const owner = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "keyidkeyid",
  username: "ada",
};

/** Starts a gateway with these tools; without any script, one without a toolbox. */
export async function startLoopWorld(
  script: ToolScript | undefined,
  options: LoopWorldOptions = {},
): Promise<LoopWorld> {
  await using stack = new AsyncDisposableStack();
  const upstream = options.upstream ?? stack.use(await startFakeUpstream());
  const dispatcher = new Agent();
  stack.defer(() => dispatcher.destroy());
  const toolbox = new ScriptedToolbox(script ?? {});
  const events: RecordEvent[] = [];
  const ended = Promise.withResolvers<void>();
  const logged: { fields: object; event: string }[] = [];
  const write = (fields: object, event: string) => void logged.push({ fields, event });
  const log = { debug: write, info: write, warn: write, error: write };
  const providers = new Map(
    (["anthropic", "openai"] as const).map((type) => [type, providerOf(type, upstream.url)]),
  );
  const handler = createBridge(providers, {
    upstreams: createUpstreams({
      dispatcher,
      retriesMax: 0,
      breakerFailures: 1_000,
      breakerOpenMs: 0,
      now: () => performance.now(),
    }),
    recorder: {
      started: async (event) => {
        await options.recorded;
        events.push(event);
      },
      record: (event) => {
        events.push(event);
        if (event.kind === "ended") ended.resolve();
      },
      close: async () => {},
    },
    redact: createRedactor(recordEverything),
    deadlines: { firstByteMs: 10_000, idleMs: 10_000 },
    log,
    bodyBytesMax: 32 * 1_024 * 1_024,
    toolbox: () => (script ? toolbox : undefined),
    toolLoop: options.limits,
    responseIds: createResponseIds(),
    clock: options.clock,
  });
  const transports = createInProcessTransportFactory(doorTo(handler, providers, log));
  const owned = stack.move();
  return {
    upstream,
    toolbox,
    events,
    toolUsages: () =>
      events.flatMap((event) => (event.kind === "tool_usage" ? [event.toolUsage] : [])),
    ended: ended.promise,
    logged,
    fetch: (provider) => (input, init) =>
      runWithDelegatedApiKeyId(owner.apiKeyId, () =>
        transports.transportFor(provider, "tests")(input, init),
      ),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function providerOf(type: "anthropic" | "openai", url: string) {
  const baseUrl = type === "openai" ? `${url}/v1` : url;
  return createProvider({
    name: type,
    type,
    baseUrl,
    enabled: true,
    credential: new Secret("sk-provider"),
  });
}

function doorTo(
  handler: RequestHandler,
  providers: Parameters<typeof createBridge>[0],
  log: Parameters<typeof createServer>[0]["log"],
) {
  return createServer({
    liveness: createUnwatchedLiveness({ isAuthorized: async () => owner }),
    pool: {
      acquire: async () => ({ handler, [Symbol.dispose]() {} }),
      renew: () => {},
      close: async () => {},
    },
    providers: () => providers,
    unavailable: () => undefined,
    requestLimits: undefined,
    log,
    telemetry: noTelemetry,
  });
}

/** Where the routes are. */
const paths: Readonly<Record<Route, string>> = {
  messages: "/v1/messages",
  "chat-completions": "/v1/chat/completions",
  responses: "/v1/responses",
};

/** Sends a body as it is. */
export function post(
  world: LoopWorld,
  route: Route,
  body: string,
  init: RequestInit = {},
): Promise<Response> {
  const provider = route === "messages" ? "anthropic" : "openai";
  return world.fetch(provider)(`https://provider.test${paths[route]}`, {
    method: "POST",
    headers: { "content-type": "application/json", "anthropic-version": "2023-06-01" },
    body,
    ...init,
  });
}

/** The JSON that the provider received. */
export function sentTo(request: ReceivedRequest | undefined): Record<string, unknown> {
  return JSON.parse(request?.body.toString() ?? "null");
}
