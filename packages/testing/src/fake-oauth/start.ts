import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { bind } from "@aibridge/runtime";
import { type FakeAnswer, Grants } from "./grants.ts";

/** How a fake is to behave; all of it may be left out. */
export interface FakeOAuthOptions {
  /** What its clock shows, in milliseconds. Left out: the time. */
  readonly nowMs?: number;
  /** The authorization server that the MCP server names. Left out: the fake itself. */
  readonly authorizationServer?: string;
  /** Laid over the metadata of the authorization server. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Laid over the metadata of the resource. */
  readonly resourceMetadata?: Readonly<Record<string, unknown>>;
  /** `iss` on the way back to the redirect URI (RFC 9207); null for none. Left out: the right one. */
  readonly sentIssuer?: string | null;
}

/** A path that hangs. */
interface Held {
  readonly asked: Promise<void>;
  readonly release: () => void;
}

type Handler = (url: URL, body: string, request: IncomingMessage) => FakeAnswer;

/**
 * An MCP server that wants tokens, and the authorization server that gives
 * them: a real HTTP server on loopback, strict as `Grants` says. Its MCP half
 * only refuses and accepts; it speaks no MCP.
 */
export class FakeOAuth implements AsyncDisposable {
  readonly grants: Grants;
  /** Every request: `POST /token`. */
  readonly requests: string[] = [];
  /** The origin, which is the issuer too. */
  readonly url: string;
  readonly #server: Server;
  readonly #options: FakeOAuthOptions;
  readonly #held = new Map<string, () => Promise<void>>();

  constructor(server: Server, url: string, options: FakeOAuthOptions) {
    this.#server = server;
    this.url = url;
    this.#options = options;
    this.grants = new Grants(options.nowMs ?? Date.now());
    server.on("request", (request, response) => void this.#serve(request, response));
  }

  /** The MCP server, and the resource that tokens are for. */
  get mcpUrl(): string {
    return `${this.url}/mcp`;
  }

  /** How often something was asked: `POST /token`. */
  count(request: string): number {
    return this.requests.filter((each) => each === request).length;
  }

  /** Makes a path hang: `asked` resolves when the first request for it has come. */
  hold(path: string): Held {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    this.#held.set(path, async () => {
      asked.resolve();
      await released.promise;
    });
    const release = () => {
      this.#held.delete(path);
      released.resolve();
    };
    return { asked: asked.promise, release };
  }

  /**
   * What a browser and a user who agrees do with an authorization URL: gives the
   * query of the request to the redirect URI.
   */
  async approve(authorizationUrl: string): Promise<Record<string, string>> {
    const response = await fetch(authorizationUrl, { redirect: "manual" });
    const location = response.headers.get("location");
    if (location === null) throw new Error(`no redirect: ${await response.text()}`);
    return Object.fromEntries(new URL(location).searchParams);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    this.requests.push(`${request.method} ${url.pathname}`);
    const body = await text(request);
    await this.#held.get(url.pathname)?.();
    const handler = this.#handlers[`${request.method} ${url.pathname}`];
    const answer = handler?.(url, body, request) ?? { status: 404 };
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(answer.json === undefined ? "" : JSON.stringify(answer.json));
  }

  readonly #handlers: Readonly<Record<string, Handler>> = {
    "POST /mcp": (_url, _body, request) => this.#mcp(request),
    "GET /.well-known/oauth-protected-resource/mcp": () => ({
      status: 200,
      json: {
        resource: this.mcpUrl,
        authorization_servers: [this.#options.authorizationServer ?? this.url],
        scopes_supported: ["tools"],
        ...this.#options.resourceMetadata,
      },
    }),
    "GET /.well-known/oauth-authorization-server": () => ({
      status: 200,
      json: { ...this.#metadata(), ...this.#options.metadata },
    }),
    "POST /register": (_url, body) => this.grants.register(JSON.parse(body)),
    "GET /authorize": ({ searchParams }) => this.#authorize(searchParams),
    "POST /token": (_url, body, { headers }) =>
      this.grants.token(new URLSearchParams(body), headers.authorization),
    "POST /revoke": (_url, body) => this.grants.revoke(new URLSearchParams(body)),
  };

  #mcp({ headers }: IncomingMessage): FakeAnswer {
    const token = headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (this.grants.accepts(token, this.mcpUrl)) return { status: 202 };
    const metadata = `${this.url}/.well-known/oauth-protected-resource/mcp`;
    return {
      status: 401,
      headers: { "www-authenticate": `Bearer resource_metadata="${metadata}"` },
    };
  }

  #metadata(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      registration_endpoint: `${this.url}/register`,
      revocation_endpoint: `${this.url}/revoke`,
      response_types_supported: ["code"],
      code_challenge_methods_supported: ["S256"],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
      authorization_response_iss_parameter_supported: true,
    };
  }

  #authorize(query: URLSearchParams): FakeAnswer {
    try {
      const location = this.grants.authorize(query);
      const { sentIssuer = this.url } = this.#options;
      if (sentIssuer !== null) location.searchParams.set("iss", sentIssuer);
      return { status: 302, headers: { location: location.href } };
    } catch (error) {
      return { status: 400, json: { page: String(error) } };
    }
  }
}

/** Starts a fake on loopback. */
export async function startFakeOAuth(options: FakeOAuthOptions = {}): Promise<FakeOAuth> {
  const server = createServer();
  const { port } = await bind(server, { host: "127.0.0.1", port: 0 });
  return new FakeOAuth(server, `http://127.0.0.1:${port}`, options);
}
