import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import type { ReceivedRequest } from "./received.ts";
import type { Route } from "./route.ts";

/** What is wrong with a request, and the status by which its provider would say so. */
export interface Problem {
  readonly status: 400 | 401;
  readonly message: string;
}

/** The first thing about a request that the real provider would refuse, if there is one. */
export function problemOf(
  request: ReceivedRequest,
  apiKey: string | undefined,
): Problem | undefined {
  if (request.route === "other") return undefined;
  return credentialProblem(request, apiKey) ?? versionProblem(request) ?? bodyProblem(request);
}

/** Whether a request speaks Anthropic's API. `models` is both's: the version header tells them apart. */
export function speaksAnthropic(request: ReceivedRequest): boolean {
  return (
    request.route === "messages" ||
    request.route === "count-tokens" ||
    (request.route === "models" && request.header("anthropic-version").length > 0)
  );
}

function credentialsOf(request: ReceivedRequest): string[] {
  const bearers = request
    .header("authorization")
    .map((value) => /^Bearer +(\S+)$/i.exec(value)?.[1] ?? "");
  return speaksAnthropic(request) ? [...request.header("x-api-key"), ...bearers] : bearers;
}

function credentialProblem(request: ReceivedRequest, apiKey: string | undefined) {
  const credentials = credentialsOf(request);
  const accepted =
    credentials.length > 0 &&
    credentials.every((credential) => (apiKey === undefined ? credential : credential === apiKey));
  if (accepted) return undefined;
  return {
    status: 401,
    message: speaksAnthropic(request) ? "invalid x-api-key" : "Incorrect API key provided.",
  } as const;
}

function versionProblem(request: ReceivedRequest): Problem | undefined {
  if (!speaksAnthropic(request) || request.header("anthropic-version").length === 1)
    return undefined;
  return { status: 400, message: "anthropic-version: header is required" };
}

const requiredFields: Readonly<Partial<Record<Route, readonly string[]>>> = {
  messages: ["model", "messages", "max_tokens"],
  "count-tokens": ["model", "messages"],
  "chat-completions": ["model", "messages"],
  responses: ["model", "input"],
};

function bodyProblem(request: ReceivedRequest): Problem | undefined {
  const required = requiredFields[request.route];
  if (required === undefined) return undefined;
  if (!/^application\/json\b/i.test(request.header("content-type")[0] ?? "")) {
    return { status: 400, message: "content-type: must be application/json" };
  }
  const body = jsonOf(request);
  if (body === undefined) return { status: 400, message: "The request body is not a JSON object." };
  const missing = required.find((field) => !(field in body));
  return missing === undefined ? undefined : { status: 400, message: `${missing}: Field required` };
}

const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes,
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** The JSON object of a request's body, decompressed if need be; undefined if it is none. */
export function jsonOf(request: ReceivedRequest): Readonly<Record<string, unknown>> | undefined {
  try {
    const decode = decoders[request.header("content-encoding")[0] ?? "identity"];
    const value: unknown = JSON.parse(decode?.(request.body).toString() ?? "");
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
