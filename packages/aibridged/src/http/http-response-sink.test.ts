import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
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
    const sink = new HttpResponseSink(request, response);
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
