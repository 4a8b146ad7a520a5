import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { NodeStreamableHTTPServerTransport, toNodeHandler } from "@modelcontextprotocol/node";
import {
  createMcpHandler,
  type McpHttpHandler,
  type Server as McpServer,
} from "@modelcontextprotocol/server";
import { type Shown, serverFor } from "./server-for.ts";
import type { FakeTool, FakeToolCall } from "./tools.ts";

export interface FakeMcpOptions {
  readonly tools?: readonly FakeTool[];
  /**
   * `sessions`: the protocol of 2025, with a session and a stream for what
   * the server has to say. `current`: that of 2026, which has neither. Default: `sessions`.
   */
  readonly protocol?: "sessions" | "current";
  /** The only bearer tokens accepted; others get a 401. Default: any, or none. */
  readonly accepts?: readonly string[];
  /** Tools on a page of the list. Default: all. */
  readonly pageSize?: number;
}

/** An HTTP request that a fake got. */
export interface McpRequest {
  readonly httpMethod: string;
  /** The JSON-RPC method in it; empty if none. */
  readonly rpcMethod: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The token after `Bearer `; undefined if it had none. */
  readonly bearer: string | undefined;
}

/** What happens to requests of one JSON-RPC method. */
type Fate =
  | { readonly kind: "held"; readonly released: Promise<void> }
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Record<string, string>;
    };

/** What a fake waits for in a test at most. Generous: it only bounds a failing test. */
const waitMs = 10_000;

/**
 * An MCP server on loopback, by the official SDK, that speaks streamable HTTP at
 * `url`, keeps everything it received, and is driven by hand: its tools change,
 * its answers are held, its sessions end, it dies and comes back. Disposing it
 * cuts every connection.
 */
export class FakeMcp implements AsyncDisposable {
  /** Every HTTP request, in the order they came. */
  readonly requests: McpRequest[] = [];
  /** Every call of a tool that reached the tool. */
  readonly calls: FakeToolCall[] = [];
  /** The bearer tokens that are accepted; undefined: any. */
  accepts: readonly string[] | undefined;
  readonly #protocol: "sessions" | "current";
  readonly #shown: Shown;
  readonly #fates = new Map<string, Fate>();
  readonly #events = new EventEmitter();
  readonly #sessions = new Map<string, Session>();
  readonly #answering = new Map<ServerResponse, string>();
  #tools: readonly FakeTool[];
  #handler: McpHttpHandler;
  #http: Server | undefined;
  #port = 0;

  constructor({ tools = [], protocol = "sessions", accepts, pageSize = 1_000 }: FakeMcpOptions) {
    this.#tools = tools;
    this.#protocol = protocol;
    this.accepts = accepts;
    this.#shown = { tools: () => this.#tools, pageSize, onCall: (call) => this.#called(call) };
    this.#handler = createMcpHandler(() => serverFor(this.#shown), { legacy: "reject" });
  }

  /** Where it speaks, such as `http://127.0.0.1:49152/mcp`. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/mcp`;
  }

  /** The requests with one JSON-RPC method. */
  requestsOf(rpcMethod: string): McpRequest[] {
    return this.requests.filter((request) => request.rpcMethod === rpcMethod);
  }

  /** The bearer tokens that it ever saw, each once. */
  get bearers(): (string | undefined)[] {
    return [...new Set(this.requests.map(({ bearer }) => bearer))];
  }

  /** Resolves with the first call of this tool, also one that came before. */
  async called(tool: string): Promise<FakeToolCall> {
    return this.#until(() => this.calls.find((call) => call.tool === tool), `a call of ${tool}`);
  }

  /** Resolves when it got that many requests of a JSON-RPC method. */
  async requested(rpcMethod: string, count = 1): Promise<void> {
    const got = () => (this.requestsOf(rpcMethod).length >= count ? true : undefined);
    await this.#until(got, `${count} of ${rpcMethod}`);
  }

  /** Changes its tools, and tells its clients so. */
  async setTools(...tools: readonly FakeTool[]): Promise<void> {
    this.#tools = tools;
    if (this.#protocol === "current") this.#handler.notify.toolsChanged();
    for (const { server } of this.#sessions.values()) await server.sendToolListChanged();
  }

  /** From now on, holds requests of a JSON-RPC method, until what it returns is called. */
  hold(rpcMethod: string): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#fates.set(rpcMethod, { kind: "held", released: promise });
    return () => {
      this.#fates.delete(rpcMethod);
      resolve();
    };
  }

  /** From now on, answers requests of a JSON-RPC method by itself, until `behave`. */
  answer(rpcMethod: string, status: number, headers: Record<string, string> = {}): void {
    this.#fates.set(rpcMethod, { kind: "answered", status, headers });
  }

  /** Serves all requests again. */
  behave(): void {
    this.#fates.clear();
  }

  /** Cuts the connections on which it is answering requests of a JSON-RPC method. */
  cut(rpcMethod: string): void {
    for (const [response, method] of this.#answering) if (method === rpcMethod) response.destroy();
  }

  /** Forgets all sessions: requests of theirs get a 404. */
  async endSessions(): Promise<void> {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const { server } of sessions) await server.close();
  }

  /** Cuts every connection and takes no new one. */
  async die(): Promise<void> {
    const http = this.#http;
    if (!http) return;
    this.#http = undefined;
    const closed = once(http, "close");
    http.close();
    http.closeAllConnections();
    await closed;
    await this.endSessions();
  }

  /** Is there (again), at the same address and with no sessions. */
  async live(): Promise<void> {
    this.#http = createServer((request, response) => void this.#serve(request, response));
    this.#http.listen(this.#port, "127.0.0.1");
    await once(this.#http, "listening");
    const address = this.#http.address();
    if (address !== null && typeof address !== "string") this.#port = address.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.die();
    await this.#handler.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const received = receivedFrom(request, body);
    this.requests.push(received);
    this.#answering.set(response, received.rpcMethod);
    response.on("close", () => this.#answering.delete(response));
    this.#events.emit("news");
    const fate = this.#fates.get(received.rpcMethod);
    if (fate?.kind === "held") await fate.released;
    if (fate?.kind === "answered") response.writeHead(fate.status, fate.headers).end();
    else if (this.accepts && !this.accepts.includes(received.bearer ?? "")) {
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    } else if (this.#protocol === "current") {
      const { method = "", url = "" } = request;
      await toNodeHandler(this.#handler)(Object.assign(request, { method, url }), response, body);
    } else await this.#serveInSession(request, response, body);
  }

  async #serveInSession(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const session = id === undefined ? await this.#newSession() : this.#sessions.get(String(id));
    if (session) await session.transport.handleRequest(request, response, body);
    else response.writeHead(404).end();
  }

  async #newSession(): Promise<Session> {
    const server = serverFor(this.#shown);
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { server, transport });
      },
      onsessionclosed: (id) => {
        this.#sessions.delete(id);
      },
    });
    await server.connect(transport);
    return { server, transport };
  }

  #called(call: FakeToolCall): void {
    this.calls.push(call);
    this.#events.emit("news");
  }

  async #until<T>(find: () => T | undefined, what: string): Promise<T> {
    const signal = AbortSignal.timeout(waitMs);
    for (let found = find(); ; found = find()) {
      if (found !== undefined) return found;
      await once(this.#events, "news", { signal }).catch(() => {
        throw new Error(`the fake MCP server did not get ${what} within ${waitMs} ms`);
      });
    }
  }
}

interface Session {
  readonly server: McpServer;
  readonly transport: NodeStreamableHTTPServerTransport;
}

/** Starts one on a free port. */
export async function startFakeMcp(options: FakeMcpOptions = {}): Promise<FakeMcp> {
  const fake = new FakeMcp(options);
  await fake.live();
  return fake;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}

function receivedFrom(request: IncomingMessage, body: unknown): McpRequest {
  const { method = "", headers } = request;
  const rpcMethod = typeof body === "object" && body && "method" in body ? String(body.method) : "";
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  return { httpMethod: method, rpcMethod, headers, bearer };
}
