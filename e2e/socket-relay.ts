import { connect, createServer, type NetConnectOpts, type Socket } from "node:net";

/** A TCP port that leads to a server elsewhere, byte by byte. */
export interface SocketRelay extends AsyncDisposable {
  readonly port: number;
}

/**
 * Lets a server be reached at a port of `host`: one on a unix socket, or one
 * that listens on loopback alone. An end that dies takes the other with it.
 */
export async function startSocketRelay(
  target: NetConnectOpts,
  { host = "127.0.0.1", port = 0 } = {},
): Promise<SocketRelay> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
