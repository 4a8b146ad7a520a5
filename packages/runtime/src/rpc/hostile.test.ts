import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { createClient } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { startListener } from "./test-listener.ts";
import { transports } from "./test-transports.ts";

type Started = Awaited<ReturnType<typeof startListener>>;

async function rawConnection({ listener }: Started): Promise<Socket> {
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

async function expectStillServing({ listener }: Started): Promise<void> {
  for (const { connectTo } of transports) {
    const users = createClient(UserService, connectTo(listener.url));
    const { user } = await users.getUser({ user: { case: "id", value: "ann" } });
    expect(user?.id).toBe("ann");
  }
}

test.each([
  ["no protocol at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
  ["the beginning of the preface, then something else", "PRI * HTTP/1.1\r\n\r\n"],
  ["the preface, then no frames", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all, is it?"],
  ["no host", "POST /grpc.health.v1.Health/Check HTTP/1.0\r\n\r\n"],
  [
    "a host that is none",
    "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: [\r\nconnection: close\r\n\r\n",
  ],
  ["a path that is none", "GET // HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"],
])("%s is ended and hurts nobody", async (_, bytes) => {
  const started = await startListener();
  await using _listener = started.listener;
  const socket = await rawConnection(started);
  socket.resume();
  socket.write(bytes, "latin1");
  await once(socket, "close");
  await expectStillServing(started);
});

test("a preface that comes byte by byte is served as HTTP/2", async () => {
  const started = await startListener();
  await using _ = started.listener;
  const socket = await rawConnection(started);
  const emptySettingsFrame = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  const bytes = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    emptySettingsFrame,
  ]);
  socket.setNoDelay(true);
  for (const byte of bytes) {
    await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
  }
  const [answer]: Buffer[] = await once(socket, "data");
  const settingsFrameType = 4;
  expect(answer?.[3]).toBe(settingsFrameType);
});

test("a connection that stays silent is closed, while others are served", async () => {
  const started = await startListener({ firstBytesTimeoutMs: 1_000 });
  await using _ = started.listener;
  const silent = await rawConnection(started);
  const slow = await rawConnection(started);
  const closed = Promise.all([once(silent.resume(), "close"), once(slow.resume(), "close")]);
  slow.write("PRI");
  await expectStillServing(started);
  await closed;
});

test("a client that goes away before it says anything hurts nobody", async () => {
  const started = await startListener();
  await using _ = started.listener;
  (await rawConnection(started)).resetAndDestroy();
  (await rawConnection(started)).end();
  await expectStillServing(started);
});
