import type { ProviderConfig } from "@aibridge/aibridge";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { expect, test } from "@jest/globals";
import { followProviders } from "./provider-feed.ts";
import { coderdsAt, silent, startTestCoderd } from "./test-coderd.ts";

const anthropic = { name: "a", type: ProviderType.ANTHROPIC, baseUrl: "http://a", enabled: true };

// proves: providers.pushed
test("each change is told as it is pushed, and a new stream says what is known already", async () => {
  await using coderd = await startTestCoderd();
  const following = new AbortController();
  const told: [configs: readonly ProviderConfig[], unknown: readonly string[]][] = [];
  let wake = () => {};
  const feed = followProviders(
    {
      coderds: coderdsAt(coderd.url),
      onProviders: (...news) => {
        told.push(news);
        wake();
      },
      log: silent,
    },
    following.signal,
  );
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  expect(feed.check()).toMatchObject({ ok: false });
  const watch = await coderd.providers.next();
  expect(watch.since).toBe(0n);
  const first = next();
  watch.send({ revision: 4n, changed: true, providers: [{ ...anthropic, credential: "sk-x" }] });
  await first;
  await feed.tried;
  expect(feed.check()).toEqual({ ok: true });
  const [configs] = told[0] ?? [];
  expect(configs).toMatchObject([{ name: "a", type: "anthropic", baseUrl: "http://a" }]);
  expect(configs?.[0]?.credential?.reveal()).toBe("sk-x");

  const second = next();
  watch.send({ revision: 4n, changed: false });
  watch.send({
    revision: 5n,
    changed: true,
    providers: [anthropic, { name: "strange", type: 99 as ProviderType }],
  });
  await second;
  expect(told).toHaveLength(2);
  expect(told[1]?.[1]).toEqual(["strange"]);

  watch.end();
  expect((await coderd.providers.next()).since).toBe(5n);
  following.abort();
});
