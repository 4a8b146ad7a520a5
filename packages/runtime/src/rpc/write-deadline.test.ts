import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { expect, test } from "@jest/globals";
import { startListener } from "./test-listener.ts";

const path = `/${AuthorizerService.typeName}/WatchInvalidations`;
const contentType = "application/connect+proto";
/** An empty message in its envelope: no flags, no bytes. */
const request = Buffer.alloc(5);

/** A listener whose stream never ends by itself; `ended` resolves when it ends all the same. */
async function startEndlessStream(writeTimeoutMs: number) {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const { listener } = await startListener({
    writeTimeoutMs,
    routes: (router) =>
      router.service(AuthorizerService, {
        async *watchInvalidations() {
          try {
            for (;;) yield { apiKeyIds: ["x".repeat(64 * 1024)] };
          } finally {
            resolve();
          }
        },
      }),
  });
  return { listener, ended };
}

// proves: rpc.slow-reader
test("a peer on HTTP/1.1 that doesn't read is cut", async () => {
  const { listener, ended } = await startEndlessStream(50);
  await using _ = listener;
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.pause();
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-type: ${contentType}\r\ncontent-length: 5\r\n\r\n`,
  );
  socket.write(request);
  await ended;
  await once(socket.resume(), "close");
});

// proves: rpc.slow-reader
test("a stream on HTTP/2 that isn't read is cut, and its connection serves on", async () => {
  const { listener, ended } = await startEndlessStream(50);
  await using _ = listener;
  const session = connectHttp2(listener.url, { settings: { initialWindowSize: 1024 } });
  const post = { ":method": "POST", "content-type": "application/json" };
  const stream = session.request({ ...post, ":path": path, "content-type": contentType });
  stream.end(request);
  await ended;
  const check = session.request({ ...post, ":path": "/grpc.health.v1.Health/Check" });
  check.end("{}");
  const [head] = await once(check, "response");
  expect(head[":status"]).toBe(200);
  session.destroy();
});

test("a peer that cancels while it doesn't read ends the stream, before any deadline", async () => {
  const { listener, ended } = await startEndlessStream(600_000);
  await using _ = listener;
  const session = connectHttp2(listener.url, { settings: { initialWindowSize: 1024 } });
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": contentType,
  });
  stream.end(request);
  await once(stream, "response");
  stream.close(constants.NGHTTP2_CANCEL);
  await ended;
  session.destroy();
});
