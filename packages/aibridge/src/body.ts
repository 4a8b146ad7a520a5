import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, zstdDecompress } from "node:zlib";
import { parseBoundedJson, TooComplexJsonError } from "./bounded-json.ts";
import { BodyTooLargeError, BodyTooSlowError, type Exchange } from "./exchange.ts";
import { headerValue } from "./headers.ts";
import { Refusal, type RefusalReason } from "./refusal.ts";

/**
 * A request body, held until it is sent: a stream may go on for minutes after
 * that, and must not keep megabytes alive.
 */
export class RequestBody {
  #bytes: Buffer;
  #plain: Buffer;

  constructor(bytes: Buffer, plain = bytes) {
    this.#bytes = bytes;
    this.#plain = plain;
  }

  /** Decompressed, for reading. */
  get plain(): Buffer {
    return this.#plain;
  }

  /** The bytes as they came, to forward. From then on nothing is held here. */
  take(): Buffer {
    const bytes = this.#bytes;
    this.#bytes = this.#plain = empty;
    return bytes;
  }
}

const empty = Buffer.alloc(0);

/**
 * Reads the body of a request.
 *
 * @throws Refusal 413 if it is larger than `bytesMax`, as it comes or
 *   decompressed; 400 if it ends early or doesn't decompress; 408 if it takes
 *   too long to come; 415 if it is
 *   compressed in a way we don't know, for what we can't read we can't answer
 *   for. The abort reason if the caller leaves.
 */
export async function readBody(exchange: Exchange, bytesMax: number): Promise<RequestBody> {
  const bytes = await receive(exchange, bytesMax);
  const encoding = headerValue(exchange.headers, "content-encoding")?.trim().toLowerCase();
  const isPlain = !encoding || encoding === "identity" || bytes.byteLength === 0;
  if (isPlain) return new RequestBody(bytes);
  return new RequestBody(bytes, await decompress(encoding, bytes, bytesMax));
}

/** @throws Refusal 400 if the body is not JSON, or would take too long to parse. */
export function parseJsonBody(body: RequestBody): unknown {
  try {
    return parseBoundedJson(body.plain.toString("utf8"));
  } catch (cause) {
    if (cause instanceof TooComplexJsonError) throw new Refusal("body_too_complex", { cause });
    throw new Refusal("invalid_body", { cause });
  }
}

async function receive(exchange: Exchange, bytesMax: number): Promise<Buffer> {
  try {
    return await exchange.readBody(bytesMax);
  } catch (cause) {
    exchange.signal.throwIfAborted();
    throw new Refusal(reasonOf(cause), { cause });
  }
}

function reasonOf(error: unknown): RefusalReason {
  if (error instanceof BodyTooLargeError) return "body_too_large";
  return error instanceof BodyTooSlowError ? "body_too_slow" : "incomplete_body";
}

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
};

async function decompress(encoding: string, bytes: Buffer, bytesMax: number): Promise<Buffer> {
  const decompressor = Object.hasOwn(decompressors, encoding) && decompressors[encoding];
  if (!decompressor) throw new Refusal("unsupported_encoding");
  try {
    return await decompressor(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    const tooLarge =
      cause instanceof Error && "code" in cause && cause.code === "ERR_BUFFER_TOO_LARGE";
    throw new Refusal(tooLarge ? "body_too_large" : "invalid_body", { cause });
  }
}
