import type { Server as Http1Server, IncomingMessage, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server, ServerHttp2Session } from "node:http2";
import type { Server, Socket } from "node:net";

/** Something that listens. Both ways to end it may be called at any time, also twice. */
export interface Closable extends AsyncDisposable {
  /**
   * Stops accepting, closes idle connections, tells HTTP/2 peers to go away,
   * and lets running requests end. Resolves when the last connection is gone.
   * What still runs when `cut` is aborted is cut.
   */
  close(cut: AbortSignal): Promise<void>;
  /** Cuts every connection now. Resolves when the last one is gone. */
  destroy(): Promise<void>;
}

/**
 * Gives an HTTP server the two ways to end. Call it before the server listens.
 * `server` is the one that accepts; `http2` the one whose sessions it serves,
 * if that is another or the same one.
 */
export function closableServer(
  server: Http1Server | Http2SecureServer,
  http2?: Http2Server | Http2SecureServer,
): Closable {
  const sockets = trackSockets(server);
  const sessions = trackSessions(http2);
  let closing: Promise<void> | undefined;
  http2?.on("session", (session: ServerHttp2Session) => {
    // Its first bytes were on their way when the server began to close.
    if (closing !== undefined) session.close();
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (request.httpVersionMajor >= 2) return;
    if (closing !== undefined) response.shouldKeepAlive = false;
    // A connection whose last response ends while the server closes is idle
    // from then on, and nobody else would close it.
    response.once("close", () => {
      if (closing !== undefined) setImmediate(closeIdleConnections, server);
    });
  });

  const stopAccepting = () => {
    closing ??= new Promise((resolve) => server.close(() => resolve()));
    closeIdleConnections(server);
    for (const session of sessions) session.close();
    // Node counts a connection without a first request as active; clients that
    // open connections in advance would hold up the end.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    return closing;
  };
  const destroy = () => {
    const closed = stopAccepting();
    for (const socket of sockets) socket.destroy();
    return closed;
  };
  return {
    async close(cut) {
      const closed = stopAccepting();
      if (cut.aborted) return destroy();
      cut.addEventListener("abort", destroy, { once: true });
      try {
        await closed;
      } finally {
        cut.removeEventListener("abort", destroy);
      }
    },
    destroy,
    [Symbol.asyncDispose]: destroy,
  };
}

/** Secure HTTP/2 servers that allow HTTP/1.1 have it too; only the types of Node 24 don't say so. */
function closeIdleConnections(server: Http1Server | Http2SecureServer): void {
  if ("closeIdleConnections" in server && typeof server.closeIdleConnections === "function") {
    server.closeIdleConnections();
  }
}

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function trackSessions(http2?: Http2Server | Http2SecureServer): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  http2?.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  return sessions;
}
