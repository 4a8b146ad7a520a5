import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { Health, HealthCheckResponse_ServingStatus } from "@aibridge/proto/grpc/health/v1/health";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { describeWithServer } from "@aibridge/testing/postgres-suite";
import { Code, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { expect, test } from "@jest/globals";
import { type Bootstrap, bootstrap } from "./bootstrap.ts";
import { parseCoderdConfig } from "./config.ts";
import { runCoderd } from "./run.ts";
import { streamTransports, watch, within } from "./services/test-watch.ts";
import { openPostgresStore } from "./store/open-postgres.ts";

describeWithServer("a coderd on PostgreSQL", (server) => {
  let keys: Bootstrap;

  // proves: authorizer.store-fails, rpc.protocols, rpc.health
  test("serves the three protocols, answers outages as such, recovers, and drains", async () => {
    keys = await bootstrapOnce(server().url);
    await using coderd = await start(server().url);
    const transports = [
      createConnectTransport({ baseUrl: coderd.url, httpVersion: "1.1" }),
      createGrpcTransport({ baseUrl: coderd.url }),
      createGrpcWebTransport({ baseUrl: coderd.url, httpVersion: "2" }),
    ];
    const ask = (transport: Transport) =>
      createClient(AuthorizerService, transport).isAuthorized(
        { credential: { case: "key", value: keys.userKey.reveal() } },
        { headers: { authorization: `Bearer ${keys.gatewayKey.reveal()}` } },
      );
    for (const transport of transports) {
      expect(await ask(transport)).toMatchObject({ username: "user" });
      const health = await createClient(Health, transport).check({});
      expect(health.status).toBe(HealthCheckResponse_ServingStatus.SERVING);
    }
    await server().stop();
    for (const transport of transports) {
      await expect(ask(transport)).rejects.toMatchObject({
        code: Code.Unavailable,
        rawMessage: "store unavailable",
        details: [],
      });
    }
    await server().start();
    for (const transport of transports) {
      expect(await ask(transport)).toMatchObject({ username: "user" });
    }
    await coderd.drained();
    for (const secret of Object.values(keys)) {
      expect(coderd.logText()).not.toContain(secret.reveal());
    }
  });

  // proves: watch.any-coderd, watch.recovers, watch.drain
  test("several watch as one: across a restart of the store, and until they drain", async () => {
    await using a = await start(server().url, "600s");
    await using b = await start(server().url, "600s");
    const gatewayKey = keys.gatewayKey.reveal();
    const transports = streamTransports.map(({ connectTo }) => connectTo(b.url));
    const watches = transports.map((transport) =>
      watch(AuthorizerService, transport, gatewayKey, (client, options) =>
        client.watchInvalidations({}, options),
      ),
    );
    const configurations = transports.map((transport) =>
      watch(ProviderConfiguratorService, transport, gatewayKey, (client, options) =>
        client.watchProviders({}, options),
      ),
    );
    for (const stream of [...watches, ...configurations]) await stream.until(() => true);

    const transport = createConnectTransport({
      baseUrl: a.url,
      httpVersion: "1.1",
      defaultTimeoutMs: 20_000,
    });
    const administration = createClient(ApiKeyService, transport);
    const headers = { authorization: `Bearer ${keys.ownerKey.reveal()}` };
    const [userId] = (await administration.listApiKeys({}, { headers })).apiKeys.map(
      (apiKey) => apiKey.userId,
    );
    const revokeOne = async () => {
      const { apiKey } = await administration.createApiKey({ userId: userId ?? "" }, { headers });
      const id = apiKey?.id ?? "";
      await administration.revokeApiKey({ id }, { headers });
      return id;
    };
    const beforeId = await revokeOne();
    for (const stream of watches) {
      await stream.until(({ apiKeyIds }) => apiKeyIds.includes(beforeId));
    }
    await server().stop();
    await server().start();
    const afterId = await revokeOne();
    for (const stream of watches) {
      await stream.until(({ apiKeyIds }) => apiKeyIds.includes(afterId));
    }

    const ends = [...watches, ...configurations].map((stream) => stream.until(() => false));
    const drained = { code: Code.Unavailable, rawMessage: "coderd is draining" };
    const ended = ends.map((end) => expect(end).rejects.toMatchObject(drained));
    // Watches don't hold it up, or the test would be over before the drain timeout is.
    await Promise.all([...ended, b.drained()]);
  });

  test("an empty store is filled once, however many try", async () => {
    await using store = await openPostgresStore(new Secret(server().url));
    const results = await Promise.all([bootstrap(store), bootstrap(store)]);
    // The test before has filled it.
    expect(results).toEqual([undefined, undefined]);
  });
});

test("a store that can't be reached is one clear error", async () => {
  await expect(start("postgres://coderd:hunter2@127.0.0.1:1/none")).rejects.toMatchObject({
    code: "unavailable",
    message: "can't open the database 127.0.0.1:1/none: connect ECONNREFUSED 127.0.0.1:1",
  });
});

/** Four processes try; one of them gets the keys. */
async function bootstrapOnce(url: string): Promise<Bootstrap> {
  await using store = await openPostgresStore(new Secret(url));
  const results = await Promise.all([1, 2, 3, 4].map(() => bootstrap(store)));
  const [keys, ...more] = results.filter((result) => result !== undefined);
  if (keys === undefined || more.length > 0) throw new Error("expected one set of keys");
  return keys;
}

interface RunningCoderd extends AsyncDisposable {
  readonly url: string;
  logText(): string;
  /** Drains, and resolves when the process would end. */
  drained(): Promise<void>;
}

async function start(databaseUrl: string, drainTimeout = "1s"): Promise<RunningCoderd> {
  const lines: string[] = [];
  const drain = new AbortController();
  const { promise: ready, resolve: announce } = Promise.withResolvers<object>();
  const config = parseCoderdConfig({
    DATABASE_URL: databaseUrl,
    AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
    AIBRIDGE_DRAIN_TIMEOUT: drainTimeout,
  });
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ name: "coderd", level: "trace", destination });
  const context = { log, drain: drain.signal, cut: new AbortController().signal, announce };
  const running = runCoderd(config, context);
  const announced = await Promise.race([ready, running]);
  const drained = () => {
    drain.abort();
    return within(20_000, running, () => `it still runs\n${lines.join("")}`);
  };
  return {
    url: String(Reflect.get(announced ?? {}, "url")),
    logText: () => lines.join(""),
    drained,
    [Symbol.asyncDispose]: drained,
  };
}
