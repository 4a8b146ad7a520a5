import { ProviderService, ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { KeyRing } from "../credentials/key-ring.ts";
import { startTestCoderd, type TestCoderd } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

const oldKey = { id: "old", bytes: Buffer.alloc(32, 1) };
const newKey = { id: "new", bytes: Buffer.alloc(32, 2) };
const credential = "sk-ant-api03-abcdefgh";

let coderd: TestCoderd;
let ownerKey: string;
let gatewayKey: string;

beforeAll(async () => {
  coderd = await startTestCoderd({ keyRing: new KeyRing([oldKey]) });
  coderd.secrets.push(credential);
  ownerKey = (await coderd.createUser("owner")).key;
  gatewayKey = (await coderd.createGatewayKey(false)).key;
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const providers = () => coderd.client(ProviderService, ownerKey);
const configurator = () => coderd.client(ProviderConfiguratorService, gatewayKey);
const { ANTHROPIC, OPENAI } = ProviderType;

test("a credential goes in, shows as a hint, and comes out for gateways only", async () => {
  const { provider } = await providers().createProvider({
    name: "anthropic",
    type: ANTHROPIC,
    credential,
  });
  expect(provider).toMatchObject({
    name: "anthropic",
    type: ANTHROPIC,
    baseUrl: "https://api.anthropic.com",
    enabled: true,
    credentialHint: "sk-a...efgh",
  });
  expect((await providers().getProvider({ name: "anthropic" })).provider).toEqual(provider);
  const { providers: configs } = await configurator().getProviders({});
  expect(configs).toMatchObject([
    { name: "anthropic", type: ANTHROPIC, baseUrl: "https://api.anthropic.com", credential },
  ]);
});

test("the stored row holds the credential sealed, and the id of the key that sealed it", async () => {
  const row = await coderd.store.providers.get("anthropic");
  expect(row?.keys[0]?.keyId).toBe("old");
  const stored = Buffer.from(row?.keys[0]?.sealed ?? []);
  expect(stored.length).toBe(12 + credential.length + 16);
  expect(stored.includes(credential.slice(0, 8))).toBe(false);
});

// proves: providers.keys
test("gateways get a provider's keys in the order they were added; nobody else gets them", async () => {
  const name = "several";
  await providers().createProvider({ name, type: ANTHROPIC, credential: "sk-first-0123456789ab" });
  await providers().addProviderKey({ name, credential: "sk-second-0123456789a" });
  const { key: third } = await providers().addProviderKey({
    name,
    credential: "sk-third-0123456789ab",
  });
  expect(third?.hint).toBe("sk-t...89ab");
  const { keys } = await providers().listProviderKeys({ name });
  expect(keys.map(({ hint }) => hint)).toEqual(["sk-f...89ab", "sk-s...789a", "sk-t...89ab"]);
  expect((await providers().getProvider({ name })).provider?.keyCount).toBe(3);
  const configOf = async () => {
    const { providers: configs } = await configurator().getProviders({});
    return configs.find((config) => config.name === name);
  };
  expect((await configOf())?.credentials.map(({ credential: clear }) => clear)).toEqual([
    "sk-first-0123456789ab",
    "sk-second-0123456789a",
    "sk-third-0123456789ab",
  ]);
  await providers().removeProviderKey({ name, keyId: keys[0]?.id ?? "" });
  expect(await configOf()).toMatchObject({
    credential: "sk-second-0123456789a",
    credentials: [{ credential: "sk-second-0123456789a" }, { id: third?.id }],
  });
  const gone = providers().removeProviderKey({ name, keyId: keys[0]?.id ?? "" });
  await expect(gone).rejects.toMatchObject({ code: Code.NotFound });
  await providers().deleteProvider({ name });
});

test("every change is a new revision; who has the last one is told nothing more", async () => {
  const { revision } = await configurator().getProviders({});
  expect(await configurator().getProviders({ knownRevision: revision })).toMatchObject({
    revision,
    providers: [],
  });
  await providers().disableProvider({ name: "anthropic" });
  const disabled = await configurator().getProviders({ knownRevision: revision });
  expect(disabled.revision).toBeGreaterThan(revision);
  expect(disabled.providers).toMatchObject([{ name: "anthropic", enabled: false }]);
  await providers().enableProvider({ name: "anthropic" });
});

test("an update changes what it names, and empties the credential if told so", async () => {
  const name = "local";
  await providers().createProvider({ name, type: OPENAI, credential });
  const moved = await providers().updateProvider({ name, baseUrl: "http://127.0.0.1:9/v1/" });
  expect(moved.provider).toMatchObject({
    baseUrl: "http://127.0.0.1:9/v1",
    credentialHint: "sk-a...efgh",
  });
  const emptied = await providers().updateProvider({ name, credential: "" });
  expect(emptied.provider).toMatchObject({
    baseUrl: "http://127.0.0.1:9/v1",
    credentialHint: "",
  });
  const { providers: configs } = await configurator().getProviders({});
  expect(configs).toMatchObject([{ name: "anthropic" }, { name: "local", credential: "" }]);
});

test("a deleted provider is gone, its credential wiped, and its name free", async () => {
  const name = "short-lived";
  const { provider } = await providers().createProvider({ name, type: OPENAI, credential });
  await providers().deleteProvider({ name });
  await expect(providers().getProvider({ name })).rejects.toMatchObject({ code: Code.NotFound });
  await expect(providers().deleteProvider({ name })).rejects.toMatchObject({
    code: Code.NotFound,
  });
  const again = await providers().createProvider({ name, type: OPENAI });
  expect(again.provider?.id).not.toBe(provider?.id);
  await providers().deleteProvider({ name });
});

test("a name in use is already_exists", async () => {
  await expect(
    providers().createProvider({ name: "anthropic", type: ANTHROPIC }),
  ).rejects.toMatchObject({ code: Code.AlreadyExists, rawMessage: "this name is in use" });
});

test("pages go by name", async () => {
  const first = await providers().listProviders({ pageSize: 1 });
  expect(first.providers).toMatchObject([{ name: "anthropic" }]);
  const rest = await providers().listProviders({ pageToken: first.nextPageToken });
  expect(rest.providers).toMatchObject([{ name: "local" }]);
  expect(rest.nextPageToken).toBe("");
});

test.each([
  ["no type", { name: "a" }],
  ["a name of two segments", { name: "a/b", type: OPENAI }],
  ["a relative URL", { name: "a", type: OPENAI, baseUrl: "/v1" }],
  ["another scheme", { name: "a", type: OPENAI, baseUrl: "file:///etc/passwd" }],
  ["a user in the URL", { name: "a", type: OPENAI, baseUrl: "https://u:p@example.com" }],
  ["a query", { name: "a", type: OPENAI, baseUrl: "https://example.com/?a=b" }],
  ["an empty query", { name: "a", type: OPENAI, baseUrl: "https://example.com/?" }],
  ["a fragment", { name: "a", type: OPENAI, baseUrl: "https://example.com/#a" }],
  ["a long URL", { name: "a", type: OPENAI, baseUrl: `https://example.com/${"a".repeat(2048)}` }],
  ["a credential of two lines", { name: "a", type: OPENAI, credential: "a\r\nb: c" }],
  ["a long credential", { name: "a", type: OPENAI, credential: "a".repeat(4097) }],
])("%s is an invalid argument", async (_, request) => {
  await expect(providers().createProvider(request)).rejects.toMatchObject({
    code: Code.InvalidArgument,
  });
});

test("keys rotate: what the old one sealed still opens; without it, the provider has a problem and others none", async () => {
  const on = async (keyRing: KeyRing) => {
    // Another process on the same store. The store is closed by the first.
    const store = { ...coderd.store, [Symbol.asyncDispose]: async () => {} };
    return startTestCoderd({ store, keyRing });
  };
  await using rotated = await on(new KeyRing([newKey, oldKey]));
  const answer = await rotated.client(ProviderConfiguratorService, gatewayKey).getProviders({});
  expect(answer.providers[0]?.credential).toBe(credential);
  await using lost = await on(new KeyRing([newKey]));
  const { providers: configs } = await lost
    .client(ProviderConfiguratorService, gatewayKey)
    .getProviders({});
  expect(configs).toMatchObject([
    {
      name: "anthropic",
      credential: "",
      credentials: [],
      problem:
        'the credential was encrypted with key "old", which AIBRIDGE_ENCRYPTION_KEYS does not hold',
    },
    { name: "local", problem: "" },
  ]);
  await rotated.client(ProviderService, ownerKey).updateProvider({ name: "anthropic", credential });
  const resealed = await lost.client(ProviderConfiguratorService, gatewayKey).getProviders({});
  expect(resealed.providers[0]?.credential).toBe(credential);
  await using keyless = await on(new KeyRing([]));
  await expect(
    keyless.client(ProviderService, ownerKey).updateProvider({ name: "anthropic", credential }),
  ).rejects.toMatchObject({
    code: Code.FailedPrecondition,
    rawMessage: "no encryption key is configured: set AIBRIDGE_ENCRYPTION_KEYS to keep credentials",
  });
});
