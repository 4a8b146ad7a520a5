import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { bind, type Closable, closableServer, urlOf } from "@aibridge/runtime";
import { chatCompletions } from "./chat-completions.ts";
import { messages } from "./messages.ts";
import { anthropicModels, openaiModels } from "./models.ts";
import type { DemoApi, DemoError } from "./reply.ts";
import { readBody } from "./request.ts";
import { responses } from "./responses.ts";
import { sendEvents, sendJson } from "./send.ts";

/** A stand-in for the providers, on this machine, so that a first look needs no key. */
export interface DemoUpstream extends Closable {
  /** Base URLs of the providers it stands in for. */
  readonly baseUrls: { readonly anthropic: string; readonly openai: string };
  /** The credential it wants, so that only the gateway can use it. */
  readonly apiKey: string;
}

/** By this path people, and the next start of `up`, tell a demo from a provider. */
const prefix = "/aibridge-demo";

/** Whether a provider's base URL is that of a demo, of this run or an earlier one. */
export function isDemoUrl(baseUrl: string): boolean {
  const url = URL.parse(baseUrl);
  return url?.hostname === "127.0.0.1" && url.pathname.startsWith(`${prefix}/`);
}

const posts: Readonly<Record<string, DemoApi>> = {
  [`${prefix}/anthropic/v1/messages`]: messages,
  [`${prefix}/openai/v1/chat/completions`]: chatCompletions,
  [`${prefix}/openai/v1/responses`]: responses,
};
const gets: Readonly<Record<string, object>> = {
  [`${prefix}/anthropic/v1/models`]: anthropicModels,
  [`${prefix}/openai/v1/models`]: openaiModels,
};

/**
 * Starts the demo on a free port of loopback. It speaks Messages, Chat
 * Completions and Responses, blocking and streaming, with usage; its answers
 * are a script's. Rejects with a `ListenError`.
 */
export async function startDemoUpstream(): Promise<DemoUpstream> {
  const apiKey = `demo-${randomBytes(16).toString("hex")}`;
  const server = createServer({ requestTimeout: 60_000 });
  const closable = closableServer(server);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // What can fail here is the connection, and then nobody is left to tell.
    answer(request, response, apiKey).catch(() => response.destroy());
  });
  const url = urlOf("http", await bind(server, { host: "127.0.0.1", port: 0 })) + prefix;
  return {
    ...closable,
    baseUrls: { anthropic: `${url}/anthropic`, openai: `${url}/openai/v1` },
    apiKey,
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  apiKey: string,
): Promise<void> {
  const path = request.url?.split("?", 1)[0] ?? "";
  const refuse = (error: DemoError) => {
    request.resume();
    sendJson(response, error.status, errorBody(path, error));
  };
  if (credentialOf(request) !== apiKey) return refuse({ status: 401, message: "invalid demo key" });

  const listed = gets[path];
  if (request.method === "GET" && listed !== undefined) return sendJson(response, 200, listed);
  const api = posts[path];
  if (request.method !== "POST" || api === undefined) {
    return refuse({ status: 404, message: `the demo knows no ${request.method} ${path}` });
  }
  const body = await readBody(request);
  if (body === undefined) return refuse({ status: 400, message: "the body is not a JSON object" });
  const reply = api(body);
  if ("status" in reply) return refuse(reply);
  if (reply.events === undefined) sendJson(response, 200, reply.body);
  else await sendEvents(response, reply.events);
}

function credentialOf({ headers }: IncomingMessage): string | undefined {
  const apiKey = headers["x-api-key"];
  if (typeof apiKey === "string") return apiKey;
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

function errorBody(path: string, { status, message }: DemoError): object {
  if (path.startsWith(`${prefix}/anthropic/`)) {
    const type = anthropicErrorTypes[status] ?? "api_error";
    return { type: "error", error: { type, message }, request_id: null };
  }
  const type = status === 401 ? "authentication_error" : "invalid_request_error";
  return { error: { message, type, param: null, code: null } };
}

const anthropicErrorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  404: "not_found_error",
};
