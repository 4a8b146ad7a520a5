import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { Health } from "@aibridge/proto/grpc/health/v1/health";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { createLogger } from "../log.ts";
import { startListener } from "./test-listener.ts";
import { connectHttp1, transports } from "./test-transports.ts";

test.each(transports)("$name reaches the one port", async ({ connectTo }) => {
  const { listener } = await startListener();
  await using _ = listener;
  const users = createClient(UserService, connectTo(listener.url));
  const { user } = await users.getUser({ user: { case: "id", value: "ann" } });
  expect(user?.id).toBe("ann");
});

test.each(transports)("$name keeps errors and their codes", async ({ connectTo }) => {
  const { listener } = await startListener();
  await using _ = listener;
  const users = createClient(UserService, connectTo(listener.url));
  const failed = users.getUser({ user: { case: "id", value: "late" } });
  await expect(failed).rejects.toMatchObject({ code: Code.NotFound, rawMessage: "no such user" });
});

test("what a handler throws by mistake is logged, and the caller learns nothing of it", async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ name: "test", level: "info", destination });
  const { listener } = await startListener({ log });
  await using _ = listener;
  const users = createClient(UserService, connectHttp1.connectTo(listener.url));
  await expect(users.getUser({ user: { case: "id", value: "boom" } })).rejects.toMatchObject({
    code: Code.Internal,
    rawMessage: "internal error",
  });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { rpc: "coder.aibridge.v1.UserService/GetUser", err: { message: "a detail for nobody" } },
  ]);
});

test("a message over the bound is refused", async () => {
  const { listener } = await startListener({ readMaxBytes: 1024 });
  await using _ = listener;
  const users = createClient(UserService, connectHttp1.connectTo(listener.url));
  const failed = users.getUser({ user: { case: "id", value: "x".repeat(2000) } });
  await expect(failed).rejects.toMatchObject({ code: Code.ResourceExhausted });
});

test("interceptors guard the product's services, while health and reflection stay open", async () => {
  const refuse: Interceptor = () => () =>
    Promise.reject(new ConnectError("no credential", Code.Unauthenticated));
  const { listener } = await startListener({ interceptors: [refuse] });
  await using _ = listener;
  const transport = connectHttp1.connectTo(listener.url);
  await expect(createClient(UserService, transport).getUser({})).rejects.toMatchObject({
    code: Code.Unauthenticated,
  });
  expect(await createClient(Health, transport).check({})).toMatchObject({ status: 1 });
});

test("a port in use is an error that names the address and keeps the code", async () => {
  const { listener } = await startListener();
  await using _ = listener;
  await expect(startListener({ listen: listener.address })).rejects.toMatchObject({
    code: "EADDRINUSE",
    message: expect.stringMatching(/^can't listen on 127\.0\.0\.1:\d+: the port is in use/),
  });
});
