import { lookup as resolveHost } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { aborted, deadline } from "@aibridge/runtime";
import { Agent, request } from "undici";
import { errorCode } from "../error-code.ts";
import type { Reach } from "../store/mcp-schema.ts";
import { OAuthFailure } from "./failure.ts";
import { farthest, isWithin } from "./reach.ts";

/** How long one call may take. */
const callTimeoutMs = 5_000;
/** How long an answer may be: metadata is a few KB. */
const answerBytesMax = 256 * 1024;

/** Calls out on behalf of one MCP server. Disposing it closes the connections. */
export interface Outgoing extends AsyncDisposable {
  /** How near the MCP server is. Nothing nearer is called. */
  readonly reach: Reach;
  /** As `fetch`, as far as oauth4webapi uses it. Rejects with an `OAuthFailure`. */
  fetch(url: string, init?: OutgoingInit): Promise<Response>;
  /** Throws an `OAuthFailure` unless the URL may be called, or opened in a browser. */
  requireScheme(url: string): URL;
}

/** What of a request is looked at. */
interface OutgoingInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?:
    | string
    | URLSearchParams
    | Uint8Array
    | ArrayBuffer
    | ReadableStream
    | null
    | undefined;
}

/** For what to call out. */
export interface OutgoingOptions {
  readonly serverUrl: string;
  /** As it was found at login; left out, it is found now. */
  readonly reach?: Reach;
  /** Bounds all calls together. */
  readonly signal: AbortSignal;
}

interface Address {
  readonly address: string;
  readonly family: number;
}

/**
 * Opens a way out for OAuth. An owner chose the MCP server, but who runs that
 * server chooses every URL that follows from its answers, so those are called
 * under rules that keep coderd from being sent to where only coderd can go:
 *
 * - Nothing nearer than the server itself: what a server on the internet names
 *   must have a public address; only one in a private network may name others
 *   there, and only one on this machine may name this machine. Link-local
 *   addresses are never called. The server's own origin always is.
 * - A name is resolved once, and the connection goes to what was checked.
 * - https, unless the owner configured the server with http, or it is loopback.
 * - No redirect is followed. An answer that is no JSON is not read, one that is
 *   too long is an error, and each call has 5 s.
 */
export async function openOutgoing(options: OutgoingOptions): Promise<Outgoing> {
  const server = new URL(options.serverUrl);
  const names = new Map<string, Promise<readonly Address[]>>();
  const addressesOf = (url: URL) => {
    const name = url.hostname.replace(/^\[|\]$/g, "");
    const known = names.get(name) ?? resolveName(name, url.host, options.signal);
    names.set(name, known);
    return known;
  };
  const reach =
    options.reach ?? farthest((await addressesOf(server)).map(({ address }) => address));
  const requireScheme = (text: string) => requireHttp(text, server, reach);

  const permitted = async (url: URL): Promise<readonly Address[]> => {
    const all = await addressesOf(url);
    if (url.origin === server.origin) return all;
    const within = all.filter(({ address }) => isWithin(address, reach));
    if (within.length > 0) return within;
    throw new OAuthFailure(
      "oauth_unavailable",
      `${url.host} is nearer to coderd than ${server.host}, which names it: it is not called`,
    );
  };

  const agents: Agent[] = [];
  return {
    reach,
    requireScheme,
    async fetch(text, init = {}) {
      const url = requireScheme(text);
      const agent = createAgent(await permitted(url));
      agents.push(agent);
      return await call(url, init, agent, options.signal);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(agents.map((agent) => agent.destroy()));
    },
  };
}

/** The system's resolver can't be cancelled, so it is left behind when time is up. */
async function resolveName(
  name: string,
  host: string,
  signal: AbortSignal,
): Promise<readonly Address[]> {
  const outOfTime = aborted(signal).then((): never => {
    throw timedOut(host);
  });
  try {
    return await Promise.race([resolveHost(name, { all: true }), outOfTime]);
  } catch (error) {
    throw error instanceof OAuthFailure ? error : unreachable(host, error);
  }
}

function requireHttp(text: string, server: URL, reach: Reach): URL {
  const url = URL.parse(text);
  const isPlainAllowed = server.protocol === "http:" || reach === "loopback";
  const isAllowed = url?.protocol === "https:" || (url?.protocol === "http:" && isPlainAllowed);
  if (url === null || !isAllowed || url.username !== "" || url.password !== "") {
    throw new OAuthFailure("oauth_unavailable", `${server.host} names a URL that is not https`);
  }
  return url;
}

/** Connections go to the addresses that were checked, whatever the name means by then. */
function createAgent(addresses: readonly Address[]): Agent {
  const [first] = addresses;
  const lookup: LookupFunction = (_name, { all }, callback) => {
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family ?? 4);
  };
  return new Agent({
    connect: { lookup, timeout: callTimeoutMs },
    maxResponseSize: answerBytesMax,
    pipelining: 0,
  });
}

async function call(
  url: URL,
  { method = "GET", headers = {}, body }: OutgoingInit,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Response> {
  using limit = deadline(callTimeoutMs, signal);
  try {
    const answer = await request(url, {
      method,
      headers: { ...headers, "user-agent": "coderd" },
      ...(body !== undefined && body !== null && { body: String(body) }),
      dispatcher,
      signal: limit.signal,
    });
    const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((each): [string, string] => [name, each]),
    );
    const response = { status: answer.statusCode, headers: fields };
    const isJson = /^application\/(.+\+)?json\b/i.test(String(answer.headers["content-type"]));
    if (isJson) return new Response(await answer.body.text(), response);
    // Destroyed, it says so by an event that has to be heard.
    answer.body.on("error", () => {}).destroy();
    return new Response(null, response);
  } catch (error) {
    throw limit.signal.aborted ? timedOut(url.host) : unreachable(url.host, error);
  }
}

function timedOut(host: string): OAuthFailure {
  return new OAuthFailure("oauth_unavailable", `${host} did not answer in time`);
}

function unreachable(host: string, error: unknown): OAuthFailure {
  return new OAuthFailure(
    "oauth_unavailable",
    `${host} can't be reached (${errorCode(error) || "no reason"})`,
  );
}
