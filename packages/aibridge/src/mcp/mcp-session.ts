import type { Secret } from "@aibridge/secret";
import {
  type CallToolResult,
  Client,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import type { Dispatcher } from "undici";
import { withDeadline } from "./deadline.ts";
import { httpStatusOf } from "./explain.ts";
import { listAllTools } from "./list-tools.ts";
import { createMcpAuth } from "./mcp-auth.ts";
import type { McpClock } from "./mcp-clock.ts";
import type { McpServerConfig } from "./mcp-configurator.ts";
import type { McpCredential } from "./mcp-credential.ts";
import { createMcpFetch } from "./mcp-fetch.ts";
import type { McpLimits } from "./mcp-limits.ts";
import type { ToolDefinition } from "./tool-definition.ts";
import { WatchedTransport } from "./watched-transport.ts";

export interface McpSessionOptions {
  readonly server: McpServerConfig;
  readonly credential: McpCredential;
  readonly dispatcher: Dispatcher;
  readonly limits: McpLimits;
  readonly clock: McpClock;
  /** Told that the list of tools may be another now, or the server gone. */
  readonly onDoubt: () => void;
  /** Told of a tool that can't be offered. */
  readonly onInvalidTool: (name: string, why: string) => void;
}

/**
 * An agreement with a server, by the official client. Disposing of it tells the
 * server so, if that is quick; what still runs rejects.
 */
export interface McpSession extends AsyncDisposable {
  /** All its tools. Rejects past the deadline, or if the server is not there. */
  listTools(signal: AbortSignal): Promise<readonly ToolDefinition[]>;
  /** Rejects once the signal aborts, and tells the server. */
  call(
    tool: ToolDefinition,
    args: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ): Promise<CallToolResult>;
  /** Whether an error says that the server knows nothing of this session any more. */
  isEndedBy(error: unknown): boolean;
}

/** Nobody waits for a server that a session is over for. */
const farewellMs = 1_000;
const neverAborted = new AbortController().signal;
/** Ours are the deadlines that count: the SDK's own must not come before them. */
const noTimeoutMs = 2 ** 31 - 1;

/** Connects to a server. Rejects past the deadline and on abort, leaving nothing open. */
export async function openMcpSession(
  options: McpSessionOptions,
  signal: AbortSignal,
): Promise<McpSession> {
  const { limits, clock, onDoubt, onInvalidTool } = options;
  const { expire } = clock;
  const transport = createTransport(options);
  const client = createClient(onDoubt);
  const request = { timeout: noTimeoutMs };
  try {
    await withDeadline({ ms: limits.mcpConnectMs, expire, signal }, (connecting) =>
      client.connect(new WatchedTransport(transport, onDoubt), { ...request, signal: connecting }),
    );
  } catch (error) {
    await transport.close();
    throw error;
  }

  // On the current protocol changes come by a subscription. Without it we would miss them.
  let unsubscribed = false;
  void client.autoOpenedSubscription?.closed.then(() => {
    unsubscribed = true;
    onDoubt();
  });

  return {
    listTools: (asking) =>
      withDeadline({ ms: limits.mcpListMs, expire, signal: asking }, async (within) => {
        if (unsubscribed) throw new Error("the server ended the subscription");
        return listAllTools(client, { ...request, signal: within }, onInvalidTool);
      }),
    call: ({ name, inputSchema }, args, asking) =>
      client.callTool(
        { name, arguments: args },
        // Of the definition the SDK reads which arguments the protocol wants in headers, too.
        {
          ...request,
          signal: asking,
          toolDefinition: { name, inputSchema: { ...inputSchema, type: "object" } },
        },
      ),
    isEndedBy: (error) => httpStatusOf(error) === 404 && transport.sessionId !== undefined,
    async [Symbol.asyncDispose]() {
      const farewell = { ms: farewellMs, expire, signal: neverAborted };
      await withDeadline(farewell, () => transport.terminateSession()).catch(() => {});
      await client.close();
    },
  };
}

function createClient(onDoubt: () => void): Client {
  return new Client(
    { name: "aibridge", version: "0.0.0" },
    {
      versionNegotiation: { mode: "auto" },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: onDoubt } },
      jsonSchemaValidator: noValidator,
    },
  );
}

/** A model reads what comes; nothing here runs a stranger's schemas and their patterns. */
const noValidator = {
  getValidator(): never {
    throw new Error("results are not validated");
  },
};

function createTransport({
  server,
  credential,
  dispatcher,
}: McpSessionOptions): StreamableHTTPClientTransport {
  return new StreamableHTTPClientTransport(new URL(server.url), {
    ...createMcpAuth(credential, createMcpFetch(dispatcher)),
    requestInit: { headers: revealed(server.headers), redirect: "error" },
    onInsufficientScope: "throw",
  });
}

function revealed(headers: ReadonlyMap<string, Secret>): [string, string][] {
  return Array.from(headers, ([name, value]) => [name, value.reveal()]);
}
