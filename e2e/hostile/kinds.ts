import type { RawRequest } from "./raw.ts";

/** One way to be hostile. */
export interface Kind {
  readonly name: string;
  /** The statuses that may come back, in order; several lists where the order of events decides. */
  readonly answers: readonly (readonly number[])[];
  /** Takes the gateway a while: drawn rarely. */
  readonly heavy?: boolean;
  readonly request: RawRequest;
}

/** The header of a request that stands where only a smuggler's second request can. */
export const smuggled = "X-Smuggled";

const body = '{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}';
const path = "/anthropic/v1/messages";
const chunkSize = body.length.toString(16);
const chunked = `${chunkSize}\r\n${body}\r\n0\r\n\r\n`;

/** All kinds, with a key that opens the door: it is not the reason for a refusal. */
export function hostileKinds(key: string): Kind[] {
  const own = `Host: gateway\r\nX-Api-Key: ${key}\r\nContent-Type: application/json\r\n`;
  const head = `POST ${path} HTTP/1.1\r\n${own}`;
  const second = `POST ${path} HTTP/1.1\r\n${own}${smuggled}: 1\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const whole = `Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const kind = (
    name: string,
    status: number,
    text: string | Buffer,
    more?: Partial<RawRequest>,
  ): Kind => ({
    name,
    answers: [[status]],
    request: { bytes: [text], ...more },
  });
  /** With the second request behind it, which must never be one. */
  const framing = (name: string, text: string, status = 400) =>
    kind(`framing: ${name}`, status, `${head}${text}${second}`);
  const length = `Content-Length: ${body.length}\r\n`;
  const coding = "Transfer-Encoding: chunked\r\n";
  return [
    kind("a long header", 431, `${head}X-Long: ${"a".repeat(70_000)}\r\n\r\n`),
    kind("many headers", 431, `${head}${"A: b\r\n".repeat(4_000)}\r\n`),
    kind("a long path", 431, `POST /${"a".repeat(70_000)} HTTP/1.1\r\n${own}\r\n`),
    framing("length and coding", `Content-Length: 4\r\n${coding}\r\n0\r\n\r\n`),
    framing("coding and length", `${coding}Content-Length: 4\r\n\r\n0\r\n\r\n`),
    framing("two lengths", `${length}Content-Length: 0\r\n\r\n${body}`),
    framing("one length twice", `${length}${length}\r\n${body}`),
    framing("a list of lengths", `Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`),
    framing("a length with a sign", `Content-Length: +${body.length}\r\n\r\n${body}`),
    framing("a hexadecimal length", `Content-Length: 0x10\r\n\r\n${body}`),
    framing("a negative length", `Content-Length: -1\r\n\r\n${body}`),
    framing("a length past all numbers", `Content-Length: ${"9".repeat(23)}\r\n\r\n${body}`),
    framing("space before a length's colon", "Content-Length : 4\r\n\r\n"),
    framing("space before a coding's colon", `Transfer-Encoding : chunked\r\n${length}\r\n`),
    framing("an unknown coding", `Transfer-Encoding: xchunked\r\n\r\n${chunked}`, 501),
    framing("a coding besides", `Transfer-Encoding: gzip, chunked\r\n\r\n${chunked}`, 501),
    framing("chunked, not last", `Transfer-Encoding: chunked, identity\r\n\r\n${chunked}`),
    framing("chunked twice", `${coding}${coding}\r\n${chunked}`),
    framing("chunked and identity", `${coding}Transfer-Encoding: identity\r\n\r\n${chunked}`),
    framing("identity and a length", `Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n`),
    framing("a tab in a coding", `Transfer-Encoding: \x0bchunked\r\nContent-Length: 4\r\n\r\n`),
    framing("a folded coding", `Transfer-Encoding:\r\n chunked\r\n${length}\r\n${chunked}`),
    framing("a folded header", `X-A: a\r\n b\r\n${length}\r\n${body}`),
    framing("a bare LF in the headers", `X-A: a\nContent-Length: 4\r\n\r\n`),
    framing("a bare CR in the headers", `X-A: a\rContent-Length: 4\r\n\r\n`),
    framing("NUL in a header", `X-A: a\0b\r\n${length}\r\n${body}`),
    framing("no size of a chunk", `${coding}\r\nzz\r\n${body}\r\n0\r\n\r\n`),
    framing("a negative size", `${coding}\r\n-1\r\n${body}\r\n0\r\n\r\n`),
    framing("a prefixed size", `${coding}\r\n0x5\r\n${body}\r\n0\r\n\r\n`),
    framing("a size past all numbers", `${coding}\r\nfffffffffffffffff\r\n${body}\r\n0\r\n\r\n`),
    framing("too short a chunk", `${coding}\r\n3\r\n${body}\r\n0\r\n\r\n`),
    framing("no end of a chunk", `${coding}\r\n${chunkSize}\r\n${body}0\r\n\r\n`),
    framing("a bare LF behind an extension", `${coding}\r\n${chunkSize};a\n${body}\r\n0\r\n\r\n`),
    framing("a long extension", `${coding}\r\n${chunkSize};${"a".repeat(30_000)}\r\n${body}\r\n`),
    framing("two hosts", `Host: other\r\n${length}\r\n${body}`),
    kind("LF alone", 400, `${head}${length}\r\n`.replaceAll("\r\n", "\n") + body + second),
    kind(
      "a chunk's extension",
      200,
      `${head}Connection: close\r\n${coding}\r\n${chunkSize};a=b\r\n${body}\r\n0\r\n\r\n${second}`,
    ),
    kind(
      "a long trailer",
      400,
      `${head}${coding}\r\n${chunkSize}\r\n${body}\r\n0\r\nX: ${"a".repeat(100_000)}\r\n\r\n`,
    ),
    kind(
      "chunks in HTTP/1.0",
      400,
      `POST ${path} HTTP/1.0\r\n${own}${coding}\r\n${chunked}${second}`,
    ),
    kind("data behind the last request", 200, `${head}${whole}${second}`),
    kind("no host", 400, `POST ${path} HTTP/1.1\r\nX-Api-Key: ${key}\r\n${whole}`),
    kind("HTTP/3.0", 400, "GET / HTTP/3.0\r\nHost: g\r\n\r\n"),
    kind("the preface of HTTP/2", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    kind("TLS", 400, Buffer.from("160301020001000001fc0303", "hex"), { halfClose: true }),
    kind("CONNECT", 501, `CONNECT 169.254.169.254:80 HTTP/1.1\r\n${own}\r\n${second}`),
    kind("an unknown expectation", 417, `${head}Expect: 200-maybe\r\n${whole}`),
    kind("a host in the path", 400, `POST @evil${path} HTTP/1.1\r\n${own}${whole}`),
    kind(
      "dots in the path",
      404,
      `GET /anthropic/v1/models/../../x HTTP/1.1\r\n${own}Connection: close\r\n\r\n`,
    ),
    kind(
      "encoded dots",
      404,
      `GET /anthropic/v1/models/%2e%2e/x HTTP/1.1\r\n${own}Connection: close\r\n\r\n`,
    ),
    kind("no UTF-8 in a header", 200, `${head}X-A: \xff\xfe\xc0\x80\r\n${whole}`),
    kind("no UTF-8 in the path", 400, `GET /anthropic/v1/models/\xff\xfe HTTP/1.1\r\n${own}\r\n`),
    kind("no UTF-8 in the body", 200, `${head}${whole.replace("hi", "\xff\xfe")}`),
    kind("1 GB declared", 413, `${head}Content-Length: 1073741824\r\n\r\n${body}`, {
      leaveAfter: 1,
    }),
    kind("half-closed in the head", 400, head, { halfClose: true }),
    kind("half-closed in the body", 400, `${head}${length}\r\n{"model":`, { halfClose: true }),
    // The answer may be quicker than the FIN, which is taken for leaving.
    {
      ...kind("half-closed behind the body", 200, `${head}${whole}`, { halfClose: true }),
      answers: [[], [200]],
    },
    ...jsonKinds(head),
  ];
}

/** Bodies that cost more to understand than to send. */
function jsonKinds(head: string): Kind[] {
  const kind = (name: string, status: number, text: string): Kind => ({
    name: `JSON: ${name}`,
    answers: [[status]],
    heavy: text.length > 1_000_000,
    request: {
      bytes: [`${head}Connection: close\r\nContent-Length: ${text.length}\r\n\r\n`, text],
    },
  });
  const around = (messages: string) => `{"model":"m","messages":${messages}}`;
  return [
    kind("100,000 arrays", 400, around("[".repeat(100_000) + "]".repeat(100_000))),
    kind("100,000 objects", 400, around(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`)),
    kind("5,000 arrays in little", 200, around("[".repeat(5_000) + "]".repeat(5_000))),
    kind("8,000,000 arrays", 400, around("[".repeat(8_000_000) + "]".repeat(8_000_000))),
    kind("8,000,000 objects", 400, around(`[${"{},".repeat(8_000_000)}{}]`)),
    kind("a number of 5 MB", 200, `{"model":"m","n":${"9".repeat(5_000_000)}}`),
    kind("a name of 5 MB", 200, `{"model":"m","${"k".repeat(5_000_000)}":1}`),
    kind("a model of 5 MB", 200, `{"model":"${"m".repeat(5_000_000)}"}`),
    kind("10 MB of escapes", 200, `{"model":"${"\\u0041".repeat(1_700_000)}"}`),
    kind(
      "names of the language",
      200,
      '{"__proto__":{"model":1},"model":{"toString":1},"messages":{"length":1e9}}',
    ),
    kind("not closed", 400, "[".repeat(5_000)),
  ];
}
