import { once } from "node:events";
import { Agent, createServer, request as httpRequest, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "@jest/globals";
import { HttpResponseSink } from "./http-response-sink.ts";

// proves: relay.body-down, relay.broken-stream
test.each([
  ["with last words", "last words"],
  ["without any", undefined],
])("what was written before an answer breaks off leaves first, %s", async (_how, lastWords) => {
  // More than fits between two sockets, so that most of it is still here.
  const written = Buffer.alloc(16 * 1_024 * 1_024, "~");
  const server = createServer((request, response) => {
    const sink = new HttpResponseSink(request, response, 0);
    sink.start(200, ["content-type", "text/event-stream"]);
    sink.write(written);
    sink.fail(
      new Error("the provider broke off"),
      lastWords === undefined ? undefined : Buffer.from(lastWords),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    expect(await bytesFrom(port)).toEqual({
      bytes: written.length + (lastWords?.length ?? 0),
      complete: false,
    });
  } finally {
    server.close();
  }
});

// proves: hostile.client-idle
test("an answer that has ended is let go when its client takes nothing of it", async () => {
  const aborted = Promise.withResolvers<unknown>();
  const server = createServer((request, response) => {
    const sink = new HttpResponseSink(request, response, 200);
    sink.signal.addEventListener("abort", () => aborted.resolve(sink.signal.reason));
    sink.start(200, []);
    sink.write(Buffer.alloc(16 * 1_024 * 1_024));
    sink.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, "127.0.0.1").pause();
  try {
    socket.write("GET / HTTP/1.1\r\nHost: g\r\n\r\n");
    expect(String(await aborted.promise)).toContain("took nothing of its answer for too long");
  } finally {
    socket.destroy();
    server.close();
  }
});

// proves: hostile.client-idle
test("a client that takes all of its answer keeps its connection for as long as others", async () => {
  const idleTimeouts: (number | undefined)[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const sink = new HttpResponseSink(request, response, 500);
    const body = Buffer.alloc(16 * 1_024 * 1_024);
    // Node's own listener sets the timeout that an idle connection has.
    response.on("finish", () => idleTimeouts.push(request.socket.timeout));
    sink.start(200, ["content-length", String(body.length)]);
    sink.write(body);
    sink.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  try {
    for (let i = 0; i < 3; i++) {
      const request = httpRequest({ port, host: "127.0.0.1", agent }).end();
      const [response] = (await once(request, "response")) as [IncomingMessage];
      sockets.add(request.socket);
      await response.resume().toArray();
    }
    expect(sockets.size).toBe(1);
    // Node adds a second, so that the client's idea of the timeout ends first.
    expect(idleTimeouts).toEqual([61_000, 61_000, 61_000]);
  } finally {
    agent.destroy();
    server.close();
  }
});

async function bytesFrom(port: number) {
  const request = httpRequest({ port, host: "127.0.0.1", agent: false }).end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  // How it ended is what `complete` tells; the error says no more.
  response.on("error", () => {});
  await new Promise((resolve) => response.once("close", resolve));
  return { bytes, complete: response.complete };
}
