import type { ProviderConfig } from "@aibridge/aibridge";
import { createMetrics } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import { createProviderGauge } from "./telemetry/provider-gauge.ts";
import { startTestGateway, type TestGateway, testKey } from "./test-gateway.ts";

function anthropicAt(baseUrl: string, name = "anthropic"): ProviderConfig {
  return { name, type: "anthropic", baseUrl, enabled: true, credential: new Secret("sk-x") };
}

function ask(gateway: TestGateway, provider = "anthropic"): Promise<Response> {
  return fetch(`${gateway.url}/${provider}/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": testKey },
    body: '{"model":"m"}',
  });
}

// proves: providers.broken
test("a provider that can't be built is named, and the others are served", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  await using gateway = await startTestGateway(upstream.url);
  const broken = gateway.gateway.setProviders([
    anthropicAt("ftp://files.example", "broken"),
    anthropicAt(upstream.url),
  ]);
  expect(broken).toEqual(["broken"]);
  expect((await ask(gateway)).status).toBe(200);
  expect((await ask(gateway, "broken")).status).toBe(404);
  expect(gateway.log).toContainEqual(
    expect.objectContaining({ msg: "provider can't be built", provider: "broken" }),
  );
});

// proves: providers.broken
test("aibridge_provider_up has one series for each configured provider, and no more", async () => {
  const metrics = createMetrics();
  const gauge = createProviderGauge(metrics);
  const shown = async () => (await metrics.metrics()).match(/^aibridge_provider_up.*$/gm);
  gauge.show(["a", "b"], ["b"]);
  expect(await shown()).toEqual([
    'aibridge_provider_up{provider="a"} 1',
    'aibridge_provider_up{provider="b"} 0',
  ]);
  gauge.show(["b"], []);
  expect(await shown()).toEqual(['aibridge_provider_up{provider="b"} 1']);
});

// proves: providers.old-ones-finish
test("a request that runs when its provider moves finishes where it began; the next goes to the new place", async () => {
  await using before = await startFakeUpstream({ validates: false });
  await using after = await startFakeUpstream({ validates: false });
  await using gateway = await startTestGateway(before.url);
  const next = before.next();
  const running = ask(gateway);
  const call = await next;
  call.respond(200, [["content-type", "application/json"]]);
  const answer = await running;
  gateway.gateway.setProviders([anthropicAt(after.url)]);
  expect((await ask(gateway)).status).toBe(200);
  expect(after.requests).toHaveLength(1);
  await call.end('{"from":"before"}');
  expect(await answer.json()).toEqual({ from: "before" });
});
