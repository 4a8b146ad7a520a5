import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { type ReceivedRequest, RequestRecord } from "./fake-upstream/received.ts";

/**
 * A wire between a client and a server that keeps what the client sent. Bytes
 * pass untouched in both directions, so neither end can tell; the requests are
 * read from a copy of them.
 */
export class Tap implements AsyncDisposable {
  /** What the client sent, request by request, whatever became of it. */
  readonly requests: ReceivedRequest[] = [];
  readonly #server: Server;
  readonly #reader: HttpServer;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();

  constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    this.#reader = createHttpServer({ requestTimeout: 0, headersTimeout: 0 });
    this.#reader.on("request", (message, response) => {
      const record = new RequestRecord(this.requests.length, message);
      this.requests.push(record);
      response.once("close", () => record.close("answered"));
      void record.receive(message).then(() => response.end());
    });
    server.on("connection", (client) => this.#join(client));
  }

  /** Where the client is to connect, with no slash at its end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#reader.closeAllConnections();
  }

  #join(client: Socket): void {
    const server = connect({ host: this.#target.hostname, port: Number(this.#target.port) });
    const copy = new ReadOnlyCopy();
    this.#reader.emit("connection", copy);
    client.on("data", (bytes) => copy.push(bytes));
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      // An end that dies takes the other one with it.
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    client.once("close", () => copy.push(null));
  }
}

/** A connection on which the reader's own answers go nowhere. */
class ReadOnlyCopy extends Duplex {
  override _read(): void {}

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** Starts a tap on loopback in front of `targetUrl`, an http URL. */
export async function startTap(targetUrl: string): Promise<Tap> {
  const server = createServer();
  const tap = new Tap(server, new URL(targetUrl));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return tap;
}
