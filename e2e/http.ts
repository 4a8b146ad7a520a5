import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";

/** Names and values in the order in which they are sent; nothing is added but Host and the framing. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** A request as a test writes it. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers?: HeaderList;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** Whose connections to use. Left out: one of its own. */
  readonly agent?: Agent;
}

/** An answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The value of a header; several joined by a comma; undefined if it did not come. */
  header(name: string): string | undefined;
  /** The body as JSON. Throws if it is none. */
  json(): unknown;
}

/**
 * Sends a request on a connection of its own and resolves when the head of the
 * answer has come. Rejects if the connection breaks before that.
 */
export async function open(url: string, request: HttpRequest = {}): Promise<IncomingMessage> {
  const { method = "GET", headers = [], body, signal, agent = false } = request;
  const { host, pathname, search } = new URL(url);
  const length: HeaderList =
    body === undefined ? [] : [["content-length", String(Buffer.byteLength(body))]];
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = httpRequest(new URL(url), {
    method,
    // As it is written: URL would resolve dots in it.
    path: url.slice(url.indexOf(host) + host.length) || pathname + search,
    headers: [["host", host] as const, ...length, ...headers].flat(),
    agent,
    ...(signal && { signal }),
  });
  sent.once("response", resolve);
  sent.once("upgrade", (message) => reject(new Error(`upgraded: ${message.statusCode}`)));
  // Stays: an answer may come before the body was sent, and then a reset.
  sent.on("error", reject);
  // As bytes: Node would send a string together with the head, both as UTF-8,
  // and so change the bytes of Latin-1 headers.
  sent.end(body === undefined ? undefined : Buffer.from(body));
  return await promise;
}

/** Sends a request and resolves to the whole answer. Rejects if the body breaks off. */
export async function send(url: string, request?: HttpRequest): Promise<HttpAnswer> {
  const message = await open(url, request);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return {
    status: message.statusCode ?? 0,
    rawHeaders: message.rawHeaders,
    body,
    header: (name) => [message.headers[name.toLowerCase()]].flat().join(", ") || undefined,
    json: () => JSON.parse(body.toString()),
  };
}
