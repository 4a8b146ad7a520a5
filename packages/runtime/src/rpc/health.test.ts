import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { Health } from "@aibridge/proto/grpc/health/v1/health";
import { Code, createClient } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { startListener } from "./test-listener.ts";
import { grpcHttp2 } from "./test-transports.ts";

const never = new AbortController().signal;
const serving = 1;
const notServing = 2;
const serviceUnknown = 3;

async function start() {
  const started = await startListener();
  return { ...started, client: createClient(Health, grpcHttp2.connectTo(started.listener.url)) };
}

test("Check tells the process and each service apart", async () => {
  const { listener, health, client } = await start();
  await using _ = listener;
  const service = "coder.aibridge.v1.UserService";
  expect(await client.check({})).toMatchObject({ status: serving });
  expect(await client.check({ service })).toMatchObject({ status: notServing });
  health.set(true, UserService);
  expect(await client.check({ service })).toMatchObject({ status: serving });
});

test("Check of a service that nobody named is not_found", async () => {
  const { listener, client } = await start();
  await using _ = listener;
  await expect(client.check({ service: "no.Service" })).rejects.toMatchObject({
    code: Code.NotFound,
  });
});

test("Watch says the state at once, then each change, and ends at shutdown", async () => {
  const { listener, health, client } = await start();
  const seen: number[] = [];
  for await (const { status } of client.watch({})) {
    seen.push(status);
    if (seen.length === 1) health.set(false);
    if (seen.length === 2) health.set(true);
    if (seen.length === 3) void listener.close(never);
  }
  expect(seen).toEqual([serving, notServing, serving, notServing]);
  await listener.close(never);
});

test("Watch of an unknown service stays open until the service is known", async () => {
  const { listener, health, client } = await start();
  await using _ = listener;
  const seen: number[] = [];
  for await (const { status } of client.watch({ service: ProviderService.typeName })) {
    seen.push(status);
    if (seen.length === 1) health.set(true, ProviderService);
    else break;
  }
  expect(seen).toEqual([serviceUnknown, serving]);
});
