import type { Server } from "node:net";

/** Tells the parent something, as a line that its `BenchProcess.nextLine` reads. */
export function announce(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/**
 * Has a server listen on a free port of loopback, and announces its `url`.
 *
 * @param backlog how many connections may wait to be accepted; default Node's
 */
export function listenAndAnnounce(server: Server, backlog?: number): void {
  server.listen({ port: 0, host: "127.0.0.1", ...(backlog !== undefined && { backlog }) }, () => {
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    announce({ url: `http://127.0.0.1:${port}` });
  });
}
