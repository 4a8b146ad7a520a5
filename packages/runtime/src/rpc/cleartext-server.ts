import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { http1Options, http2Options } from "./limits.ts";
import type { RequestHandler } from "./request-handler.ts";

/**
 * How every HTTP/2 connection begins, as far as it tells: the preface looks
 * like an HTTP/1.1 request whose method is reserved for it (RFC 9113, sections
 * 3.4 and 11.6).
 */
const preface = Buffer.from("PRI ");

/**
 * An HTTP/1.1 server that hands connections which begin with the HTTP/2
 * preface to an HTTP/2 server: both on one port, without TLS to negotiate
 * between them. Only the first listens; the second gets its sockets.
 */
export function createCleartextServer(
  handle: RequestHandler,
  firstBytesTimeoutMs: number,
): { server: Server; http2: Http2Server } {
  const http2 = createHttp2Server(http2Options, handle);
  const server = createHttpServer(http1Options, handle);
  const serveHttp1 = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    firstBytes(socket, firstBytesTimeoutMs, (bytes) => {
      socket.unshift(bytes);
      if (bytes.subarray(0, preface.length).equals(preface)) http2.emit("connection", socket);
      else for (const serve of serveHttp1) serve.call(server, socket);
    });
  });
  return { server, http2 };
}

/**
 * Reads until the bytes are the preface or can't become it any more. A socket
 * that ends before, or takes longer than `timeoutMs`, is destroyed.
 */
function firstBytes(socket: Socket, timeoutMs: number, decided: (bytes: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    bytes = Buffer.concat([bytes, chunk]);
    const compared = Math.min(bytes.length, preface.length);
    const mayBecome = bytes.subarray(0, compared).equals(preface.subarray(0, compared));
    if (mayBecome && compared < preface.length) return;
    stop();
    decided(bytes);
  };
  const giveUp = () => {
    stop();
    // The socket stays ours: an error after this has no one else to go to.
    socket.on("error", () => undefined);
    socket.destroy();
  };
  const timer = setTimeout(giveUp, timeoutMs);
  const stop = () => {
    clearTimeout(timer);
    socket.removeListener("readable", onReadable);
    for (const event of endings) socket.removeListener(event, giveUp);
  };
  socket.on("readable", onReadable);
  for (const event of endings) socket.on(event, giveUp);
}

const endings = ["error", "end", "close"] as const;
