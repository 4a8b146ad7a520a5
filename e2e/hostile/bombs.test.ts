import { createHash } from "node:crypto";
import type { UpstreamCall } from "@aibridge/testing/fake-upstream";
import { type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { expect, jest } from "@jest/globals";
import { type ApartWorld, startApart } from "../apart.ts";
import { bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { open } from "../http.ts";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { type Bomb, bombs } from "./bombs.ts";
import { startGoodClients } from "./good-clients.ts";
import { watchMemory } from "./memory.ts";

jest.setTimeout(60_000);

const memoryBytesMax = 768 * 1_024 * 1_024;

interface Scene extends ApartWorld {
  readonly gateway: ServingGateway;
}

const scene = share<Scene>(async () => {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startApart({ validates: false }));
  const gateway = stack.use(await startGateway(world.coderd));
  const owned = stack.move();
  return { ...world, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

for (const bomb of bombs) {
  proves(
    ["hostile.sse-bombs", "hostile.good-clients"],
    `a provider sends ${bomb.name}: relayed to the byte, with one end on record, and good clients are served`,
    async () => {
      const { gateway, coderd, upstream } = scene();
      const sent = createHash("sha256");
      upstream.byHand((call) => answer(call, bomb, sent));
      const memory = watchMemory(gateway.process.pid);
      const goodClients = startGoodClients(gateway.gatewayUrl, coderd.apiKey);
      const received = await digestOfAnswer(gateway.gatewayUrl, coderd.apiKey, bomb.name);
      const { statuses } = await goodClients.stop();
      expect(received).toBe(sent.digest("hex"));
      expect([...statuses.keys()]).toEqual([200]);
      const highest = await memory.stop();
      process.stderr.write(`${bomb.name}: at most ${Math.round(highest / 2 ** 20)} MiB\n`);
      expect(highest).toBeLessThan(memoryBytesMax);

      const { interceptions } = await eventually(
        () => coderd.owner.interceptions.listInterceptions({ filter: { model: bomb.name } }),
        ({ interceptions }) => interceptions[0]?.ended !== undefined,
      );
      expect(interceptions).toHaveLength(1);
      expect(gateway.process.logs.all.filter(({ level }) => level === "error")).toEqual([]);
    },
  );
}

/** The bomb for who asks for a stream; an answer for good clients. */
async function answer(call: UpstreamCall, bomb: Bomb, sent: ReturnType<typeof createHash>) {
  if (!call.request.body.includes('"stream":true')) {
    call.respond(200, [["content-type", "application/json"]]);
    return await call.end("{}");
  }
  const { contentType, contentEncoding } = bomb;
  call.respond(200, [
    ["content-type", contentType],
    ...(contentEncoding ? [["content-encoding", contentEncoding] as const] : []),
  ]);
  for (const piece of bomb.pieces()) {
    sent.update(piece);
    await call.write(piece);
  }
  await call.end();
}

async function digestOfAnswer(gatewayUrl: string, key: string, model: string): Promise<string> {
  const message = await open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify({ ...bodies.messages, model, stream: true }),
  });
  const digest = createHash("sha256");
  for await (const chunk of message) digest.update(chunk);
  return digest.digest("hex");
}
