import { Secret } from "@aibridge/secret";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { type AdminSession, adminSession } from "../admin/session.ts";
import { startTestCoderd } from "../test-command.ts";
import { applyProviders, namedProviders } from "./providers.ts";

// A real coderd makes a database first, which takes a while on a busy machine.
jest.setTimeout(60_000);

let coderd: Awaited<ReturnType<typeof startTestCoderd>>;
let session: AdminSession;
let demosStarted = 0;
beforeAll(async () => {
  coderd = await startTestCoderd();
  session = adminSession({ url: coderd.url, token: new Secret(coderd.ownerKey) });
});
afterAll(() => coderd[Symbol.asyncDispose]());
beforeEach(async () => {
  demosStarted = 0;
  const { providers } = await session.providers.listProviders({});
  for (const { name } of providers) await session.providers.deleteProvider({ name });
});

const nothing = {
  anthropicKey: undefined,
  anthropicUrl: undefined,
  openaiKey: undefined,
  openaiUrl: undefined,
};

/** What coderd has after a start with these variables: name, base URL and hint of each provider. */
async function afterStartWith(variables: Partial<Parameters<typeof namedProviders>[0]>) {
  const startDemo = async () => {
    demosStarted += 1;
    const url = `http://127.0.0.1:${4700 + demosStarted}/aibridge-demo`;
    const baseUrls = { anthropic: `${url}/anthropic`, openai: `${url}/openai/v1` };
    const end = () => Promise.resolve();
    const apiKey = "demo-0123456789abcdef";
    return { baseUrls, apiKey, close: end, destroy: end, [Symbol.asyncDispose]: end };
  };
  const named = namedProviders({ ...nothing, ...variables });
  const providers = await applyProviders(session, named, startDemo);
  return providers.map(({ name, baseUrl, credentialHint }) => [name, baseUrl, credentialHint]);
}

const key = new Secret("sk-0123456789abcdefghij");

test("without any provider a demo stands in for both, anew at each start", async () => {
  const demo = (port: number) => [
    ["anthropic", `http://127.0.0.1:${port}/aibridge-demo/anthropic`, "demo...cdef"],
    ["openai", `http://127.0.0.1:${port}/aibridge-demo/openai/v1`, "demo...cdef"],
  ];
  expect(await afterStartWith({})).toEqual(demo(4701));
  expect(await afterStartWith({})).toEqual(demo(4702));
});

test("a key means the public API, and removes a demo that an earlier start left", async () => {
  await afterStartWith({});
  expect(await afterStartWith({ openaiKey: key })).toEqual([
    ["openai", "https://api.openai.com/v1", "sk-0...ghij"],
  ]);
  expect(demosStarted).toBe(1);
});

test("a key and a base URL are used together, and changed by the next start", async () => {
  const anthropicUrl = "http://127.0.0.1:9";
  expect(await afterStartWith({ anthropicKey: key, anthropicUrl })).toEqual([
    ["anthropic", anthropicUrl, "sk-0...ghij"],
  ]);
  expect(await afterStartWith({ anthropicKey: new Secret("sk-another-key-0123456") })).toEqual([
    ["anthropic", "https://api.anthropic.com", "sk-a...3456"],
  ]);
});

test("a base URL alone is used with a placeholder for a key", async () => {
  expect(await afterStartWith({ openaiUrl: "http://127.0.0.1:11434/v1" })).toEqual([
    ["openai", "http://127.0.0.1:11434/v1", "n...y"],
  ]);
  expect(demosStarted).toBe(0);
});

test("what was set up by hand or by an earlier start stays, and needs no demo", async () => {
  await afterStartWith({ anthropicKey: key });
  expect(await afterStartWith({})).toEqual([
    ["anthropic", "https://api.anthropic.com", "sk-0...ghij"],
  ]);
  expect(demosStarted).toBe(0);
});
