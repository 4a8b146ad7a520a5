import { ProviderService, ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { startTestCoderd, type TestCoderd } from "./test-coderd.ts";
import { streamTransports, watch } from "./test-watch.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
let ownerKey: string;
beforeAll(async () => {
  coderd = await startTestCoderd();
  ownerKey = (await coderd.createUser("owner")).key;
});
afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const at = new Date("2030-01-01T00:00:00.000Z");
const providers = () => coderd.client(ProviderService, ownerKey);
const credential = "sk-ant-api03-abcdefgh";

describe.each(streamTransports)("$name", ({ name, connectTo }) => {
  const provider = name.startsWith("gRPC") ? "by-grpc" : "by-connect";
  const open = (bearer: string, knownRevision = 0n) =>
    watch(ProviderConfiguratorService, connectTo(coderd.url), bearer, (client, options) =>
      client.watchProviders({ knownRevision }, options),
    );

  // proves: watch.providers
  test("the whole configuration comes at once, and again whenever it changed", async () => {
    const gateway = await coderd.createGatewayKey(false);
    coderd.secrets.push(credential);
    await using stream = open(gateway.key);
    const first = await stream.next();
    expect(first.changed).toBe(true);
    await providers().createProvider({ name: provider, type: ProviderType.ANTHROPIC, credential });
    const second = await stream.until(({ changed }) => changed);
    expect(second.revision).toBe(first.revision + 1n);
    expect(second.providers.length).toBe(first.providers.length + 1);
    expect(second.providers).toContainEqual(
      expect.objectContaining({ name: provider, enabled: true, credential }),
    );
    await providers().disableProvider({ name: provider });
    const third = await stream.until(({ changed }) => changed);
    expect(third.revision).toBe(first.revision + 2n);
    expect(third.providers).toContainEqual(
      expect.objectContaining({ name: provider, enabled: false }),
    );
  });

  test("who has the configuration is told so at once, and on and on", async () => {
    const gateway = await coderd.createGatewayKey(false);
    const { revision } = await coderd
      .client(ProviderConfiguratorService, gateway.key)
      .getProviders({});
    await using stream = open(gateway.key, revision);
    for (let count = 0; count < 3; count += 1) {
      expect(await stream.next()).toMatchObject({ revision, changed: false, providers: [] });
    }
  });

  // proves: watch.own-key
  test("the stream ends with the watching gateway's own key: it carries credentials", async () => {
    const gateway = await coderd.createGatewayKey(false);
    await using stream = open(gateway.key);
    await stream.next();
    await coderd.store.gatewayKeys.revoke(gateway.id, at);
    await expect(stream.until(() => false)).rejects.toMatchObject({
      code: Code.Unauthenticated,
      rawMessage: "invalid gateway key",
    });
  });
});
