import { connect } from "node:net";

/** Bytes for a socket, and how to go about them. */
export interface RawRequest {
  readonly bytes: readonly (string | Buffer)[];
  /** Sends a FIN behind them, and goes on reading. */
  readonly halfClose?: boolean;
  /** Leaves once so many answers have begun. Left out: waits until the gateway closes. */
  readonly leaveAfter?: number;
}

/** How long the gateway may take to close. Generous: it only bounds a failing test. */
const timeoutMs = 30_000;

/**
 * Sends bytes as they are, strings as Latin-1, on a connection of its own.
 * Resolves to all that came back when the connection is over, also by a reset.
 */
export function sendRaw(gatewayUrl: string, request: RawRequest): Promise<string> {
  const { hostname, port } = new URL(gatewayUrl);
  const { bytes, halfClose = false, leaveAfter = Number.POSITIVE_INFINITY } = request;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const received = () => Buffer.concat(chunks).toString("latin1");
    const socket = connect(Number(port), hostname);
    const timer = setTimeout(() => {
      socket.destroy(new Error(`not closed; came: ${JSON.stringify(received())}`));
    }, timeoutMs);
    let failure: Error | undefined;
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (leaveAfter < 10 && statusesIn(received()).length >= leaveAfter) socket.destroy();
    });
    // A reset ends a connection like a FIN does; only our own deadline is a failure.
    socket.on("error", (error) => {
      if (!("code" in error)) failure = error;
    });
    socket.on("close", () => {
      clearTimeout(timer);
      if (failure) reject(failure);
      else resolve(received());
    });
    for (const part of bytes) {
      socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
    }
    if (halfClose) socket.end();
  });
}

/** The statuses of the answers in what came back, without interim ones. */
export function statusesIn(received: string): number[] {
  const heads = received.matchAll(/HTTP\/1\.1 ([2-5]\d\d) [^\r]*\r\n/g);
  return [...heads].map(([, status]) => Number(status));
}
