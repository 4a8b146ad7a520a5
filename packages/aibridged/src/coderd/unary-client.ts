import { Code, ConnectError } from "@connectrpc/connect";
import type {
  UniversalClientFn,
  UniversalClientRequest,
  UniversalClientResponse,
} from "@connectrpc/connect/protocol";
import { Agent, type Dispatcher } from "undici";

export interface UnaryClientOptions {
  /** Certificates, in PEM, to trust instead of the system's. */
  readonly ca: Buffer | undefined;
  /** For the connection, for the head of the answer, and between its parts. */
  readonly answerWithinMs: number;
}

/**
 * An HTTP client for Connect's unary calls, on undici, where a call costs less
 * than on node:http2 (docs/decisions/0006). The whole answer is
 * collected before it is handed over; Connect bounds its size by
 * `readMaxBytes`, and our answers are small.
 *
 * A call whose connection turns out to be dead is made once more: coderd may
 * have closed it at the moment we took it from the pool. So use it for calls
 * that may be made twice.
 */
export function createUnaryClient({ ca, answerWithinMs }: UnaryClientOptions): UniversalClientFn {
  const agent = new Agent({
    allowH2: false,
    connections: 128,
    connect: { timeout: answerWithinMs, ...(ca && { ca }) },
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
  });
  return async (request) => {
    const { origin, pathname } = new URL(request.url);
    const options = {
      origin,
      path: pathname,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.header,
      body: await collect(request.body),
    };
    try {
      return await call(agent, options, request.signal).catch((error: unknown) => {
        if (!isDeadConnection(error)) throw error;
        return call(agent, options, request.signal);
      });
    } catch (error) {
      throw connectErrorFrom(error, request);
    }
  };
}

function call(
  agent: Agent,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal | undefined,
): Promise<UniversalClientResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: { status: number; header: Headers } | undefined;
    const chunks: Uint8Array[] = [];
    const onAbort = () => controller?.abort(new Error("aborted", { cause: signal?.reason }));
    signal?.addEventListener("abort", onAbort);
    agent.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        if (signal?.aborted) onAbort();
      },
      onResponseStart(_, status, headers) {
        head = { status, header: headersFrom(headers) };
      },
      onResponseData(_, chunk) {
        chunks.push(chunk);
      },
      onResponseEnd() {
        signal?.removeEventListener("abort", onAbort);
        if (head) resolve({ ...head, body: each(chunks), trailer: new Headers() });
      },
      onResponseError(_, error) {
        signal?.removeEventListener("abort", onAbort);
        reject(error);
      },
    });
  });
}

async function collect(body: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  const [first] = chunks;
  return chunks.length <= 1 ? (first ?? null) : Buffer.concat(chunks);
}

async function* each(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks;
}

function headersFrom(headers: Record<string, string | string[] | undefined>): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    for (const one of [value ?? []].flat()) result.append(name, one);
  }
  return result;
}

/** The other side had closed the connection before it read the request. */
function isDeadConnection(error: unknown): boolean {
  return ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(codeOf(error));
}

function connectErrorFrom(error: unknown, { signal }: UniversalClientRequest): ConnectError {
  if (signal?.aborted) return ConnectError.from(signal.reason, Code.Canceled);
  const late = /TIMEOUT/.test(codeOf(error));
  const { message } = ConnectError.from(error);
  const code = late ? Code.DeadlineExceeded : Code.Unavailable;
  return new ConnectError(message, code, undefined, undefined, error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
