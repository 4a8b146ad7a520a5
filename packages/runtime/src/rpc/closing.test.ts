import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { createClient } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { startListener } from "./test-listener.ts";
import { connectHttp1, transports } from "./test-transports.ts";

const never = new AbortController().signal;

test.each(transports)("closing lets a running call end: $name", async ({ connectTo }) => {
  const { listener, arrived, release } = await startListener();
  const users = createClient(UserService, connectTo(listener.url));
  const call = users.getUser({ user: { case: "id", value: "held" } });
  await arrived;
  const closed = listener.close(never);
  release();
  expect((await call).user?.id).toBe("held");
  await closed;
});

test.each(transports)("a call that outlasts the deadline is cut: $name", async ({ connectTo }) => {
  const { listener, arrived, cutCalls } = await startListener();
  const users = createClient(UserService, connectTo(listener.url));
  const call = users.getUser({ user: { case: "id", value: "held" } });
  const failed = expect(call).rejects.toThrow();
  await arrived;
  const cut = new AbortController();
  const closed = listener.close(cut.signal);
  cut.abort();
  await Promise.all([failed, closed]);
  expect(cutCalls).toEqual(["held"]);
});

test("while one call runs, new connections are refused", async () => {
  const { listener, arrived } = await startListener();
  const users = createClient(UserService, connectHttp1.connectTo(listener.url));
  const call = expect(users.getUser({ user: { case: "id", value: "held" } })).rejects.toThrow();
  await arrived;
  const closed = listener.close(never);
  const socket = connect(listener.address.port, "127.0.0.1");
  await expect(once(socket, "connect")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  await listener.destroy();
  await Promise.all([call, closed]);
});

test("idle connections of every kind don't hold up closing", async () => {
  const { listener } = await startListener();
  const { port } = listener.address;
  const silent = connect(port, "127.0.0.1");
  const keptAlive = connect(port, "127.0.0.1");
  keptAlive.write("GET /none HTTP/1.1\r\nhost: test\r\n\r\n");
  const session = connectHttp2(listener.url);
  await Promise.all([
    once(silent, "connect"),
    once(keptAlive, "data"),
    once(session, "remoteSettings"),
  ]);
  const told = once(session, "goaway");
  const ended = [silent, keptAlive].map((socket) => once(socket.resume(), "close"));
  await listener.close(never);
  await Promise.all([told, ...ended]);
});

test("an HTTP/2 connection that is just beginning is told to go away, too", async () => {
  const { listener } = await startListener();
  const { port } = listener.address;
  const beginning = connect(port, "127.0.0.1");
  await once(beginning, "connect");
  beginning.write("PR");
  // What comes later is answered: so that has arrived.
  const other = connect(port, "127.0.0.1");
  other.write("GET /none HTTP/1.1\r\nhost: test\r\n\r\n");
  await once(other, "data");
  const closed = listener.close(never);
  beginning.write("I * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  // SETTINGS, of which there are none (RFC 9113, sections 4.1 and 6.5).
  beginning.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await Promise.all([once(beginning.resume(), "close"), closed]);
});

test("closing and destroying may be repeated, in any order", async () => {
  const { listener } = await startListener();
  await Promise.all([listener.close(never), listener.destroy(), listener.close(never)]);
  await listener.destroy();
  await listener.close(never);
});

test("closing with a signal that is aborted already cuts", async () => {
  const { listener, arrived } = await startListener();
  const users = createClient(UserService, connectHttp1.connectTo(listener.url));
  const call = expect(users.getUser({ user: { case: "id", value: "held" } })).rejects.toThrow();
  await arrived;
  await listener.close(AbortSignal.abort());
  await call;
});
