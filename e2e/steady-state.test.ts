import { startGateway } from "@aibridge/testing/harness";
import { startTap } from "@aibridge/testing/tap";
import { expect } from "@jest/globals";
import { startApart } from "./apart.ts";
import { ask, bearer } from "./ask.ts";
import { proves } from "./proves.ts";
import { share } from "./share.ts";

const world = share(async () => {
  await using stack = new AsyncDisposableStack();
  const apart = stack.use(await startApart());
  // The gateway reaches coderd through the tap, and by no other way.
  const tap = stack.use(await startTap(apart.coderd.url));
  const { gatewayKey } = apart.coderd;
  const gateway = stack.use(
    await startGateway(
      { url: tap.url, gatewayKey },
      // A busy machine may stop coderd for longer than the usual bound.
      { AIBRIDGE_LIVENESS_SILENCE: "20s" },
    ),
  );
  const owned = stack.move();
  return { ...apart, tap, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

proves("liveness.remembered", "1,000 requests of one key are one IsAuthorized", async () => {
  const { coderd, gateway, tap, upstream } = world();
  const atOnce = 8;
  for (let i = 0; i < 1_000; i += atOnce) {
    const answers = await Promise.all(
      Array.from({ length: atOnce }, () =>
        ask(gateway.gatewayUrl, "messages", bearer(coderd.apiKey)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(atOnce).fill(200));
  }
  expect(upstream.requests).toHaveLength(1_000);
  const asked = tap.requests.filter(({ target }) => target.endsWith("/IsAuthorized"));
  expect(asked).toHaveLength(1);
});
