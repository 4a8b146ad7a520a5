import {
  createInProcessTransportFactory,
  type McpConfigurator,
  type McpServerConfig,
  runWithDelegatedApiKeyId,
} from "@aibridge/aibridge";
import { Secret } from "@aibridge/secret";
import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import { startTestGateway, type TestGateway, testKey } from "../test-gateway.ts";

const question = JSON.stringify({
  model: "m",
  max_tokens: 9,
  messages: [{ role: "user", content: "hi" }],
});
const headers = { "anthropic-version": "2023-06-01", "content-type": "application/json" };

/** A busy machine may take longer than a user should. */
const patient = { mcpFirstWaitMs: 25_000, mcpConnectMs: 25_000, mcpListMs: 25_000 };

function server(id: string, url: string, auth: McpServerConfig["auth"]): McpServerConfig {
  return { id, url, auth, toolAllowRegex: "", toolDenyRegex: "", headers: new Map() };
}

/** Coderd, which knows these servers, and a token for each of them. */
function configuratorOf(...servers: readonly McpServerConfig[]): McpConfigurator {
  return {
    serversOf: async () => servers,
    accessTokensOf: async (_userId, ids) => ({
      tokens: new Map(ids.map((id) => [id, new Secret(`token-of-${id}`)])),
      errors: new Map(),
    }),
  };
}

async function askDirectly({ url }: TestGateway): Promise<void> {
  const init = { method: "POST", headers: { ...headers, "x-api-key": testKey }, body: question };
  const response = await fetch(`${url}/anthropic/v1/messages`, init);
  expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
}

async function askDelegated({ gateway }: TestGateway): Promise<void> {
  const factory = createInProcessTransportFactory(gateway.serve);
  await runWithDelegatedApiKeyId("keyidkeyid", async () => {
    const delegated = factory.transportFor("anthropic", "agents");
    const init = { method: "POST", headers, body: question };
    const response = await delegated("https://api.anthropic.test/v1/messages", init);
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)]);
  });
}

// proves: mcp.session-key.direct, mcp.session-key.delegated, pool.direct-and-delegated
test("of one key, only the direct request's handler takes Coder's own server its session key", async () => {
  await using coders = await startFakeMcp({ tools: [mcpTools.echoing("c")] });
  await using external = await startFakeMcp({ tools: [mcpTools.echoing("e")] });
  await using upstream = await startFakeUpstream();
  const mcpConfigurator = configuratorOf(
    server("coder", coders.url, "session-key"),
    server("external", external.url, "access-token"),
  );
  await using gateway = await startTestGateway(upstream.url, { mcpConfigurator, limits: patient });
  await askDelegated(gateway);
  expect(coders.requests).toEqual([]);
  expect(external.requestsOf("tools/list")).toHaveLength(1);

  await askDirectly(gateway);
  expect(coders.bearers).toEqual(["keyidkeyid-s3cretS3cretS3cretS3cr"]);

  const before = coders.requests.length;
  await askDelegated(gateway);
  expect(coders.requests).toHaveLength(before);
  expect(external.bearers).toEqual(["token-of-external"]);
  expect(external.requestsOf("tools/list")).toHaveLength(2);
});

// proves: mcp.in-background, mcp.no-servers
test("neither a coderd nor a server that never answers keeps requests from being served", async () => {
  await using silent = await startFakeMcp();
  const release = silent.hold("server/discover");
  await using upstream = await startFakeUpstream();
  const limits = { mcpFirstWaitMs: 20 };
  const unknown = { serversOf: () => Promise.withResolvers<never>().promise };
  for (const mcpConfigurator of [
    configuratorOf(server("silent", silent.url, "none")),
    { ...configuratorOf(), ...unknown },
    configuratorOf(),
  ]) {
    await using gateway = await startTestGateway(upstream.url, { mcpConfigurator, limits });
    await askDirectly(gateway);
  }
  release();
  const bodies = upstream.requests.map((request) => request.body.toString());
  expect(bodies).toEqual([question, question, question]);
});
