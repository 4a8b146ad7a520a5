import { jsonAnswer } from "@aibridge/testing/fake-upstream";
import { type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { expect, jest } from "@jest/globals";
import { type ApartWorld, startApart } from "../apart.ts";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { drawKinds } from "./draw.ts";
import { startGoodClients } from "./good-clients.ts";
import { hostileKinds, type Kind, smuggled } from "./kinds.ts";
import { watchMemory } from "./memory.ts";
import { sendRaw, statusesIn } from "./raw.ts";

// biome-ignore lint/style/noProcessEnv: a test has no other edge to be told by how much to do.
const { HOSTILE_REQUESTS = "2000", HOSTILE_SEED = "5" } = process.env;
const count = Number(HOSTILE_REQUESTS);
const atOnce = 8;
const memoryBytesMax = 512 * 1_024 * 1_024;

jest.setTimeout(60_000 + 60 * count);

interface Scene extends ApartWorld {
  readonly gateway: ServingGateway;
}

const scene = share<Scene>(async () => {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startApart({ validates: false }));
  world.upstream.always("messages", jsonAnswer(200, [], {}));
  const gateway = stack.use(await startGateway(world.coderd));
  const owned = stack.move();
  return { ...world, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

proves(
  ["hostile.refused", "hostile.no-smuggling", "hostile.good-clients", "hostile.json"],
  `${count} hostile requests (HOSTILE_SEED=${HOSTILE_SEED}): right refusal, nothing smuggled, memory bounded, and good clients are served`,
  async () => {
    const { gateway, coderd, upstream } = scene();
    const kinds = drawKinds(hostileKinds(coderd.apiKey), count, Number(HOSTILE_SEED));
    const memory = watchMemory(gateway.process.pid);
    const goodClients = startGoodClients(gateway.gatewayUrl, coderd.apiKey);
    const wrong: string[] = [];
    const queue = kinds.values();
    const attack = async () => {
      for (const kind of queue) wrong.push(...(await problemsOf(kind, gateway.gatewayUrl)));
    };
    await Promise.all(Array.from({ length: atOnce }, attack));
    const { statuses, p50Ms, p99Ms } = await goodClients.stop();
    const highest = await memory.stop();
    report({ count, good: statuses.get(200), p50Ms, p99Ms, highestMiB: highest / 2 ** 20 });

    expect(wrong).toEqual([]);
    expect(upstream.requests.filter((request) => request.header(smuggled).length > 0)).toEqual([]);
    expect([...statuses.keys()]).toEqual([200]);
    expect(highest).toBeLessThan(memoryBytesMax);
    expect(gateway.process.logs.all.filter(({ level }) => level === "error")).toEqual([]);
  },
);

/** What is wrong with what a kind was answered, in words. */
async function problemsOf({ name, request, answers }: Kind, gatewayUrl: string): Promise<string[]> {
  const received = await sendRaw(gatewayUrl, request);
  const statuses = statusesIn(received).join();
  if (!answers.some((wanted) => wanted.join() === statuses)) {
    return [`${name}: ${statuses || "nothing"}, not ${answers.join(" or ")}`];
  }
  const isNamed = statuses === "" || /\r\nx-request-id: \S/i.test(received);
  return isNamed ? [] : [`${name}: no x-request-id`];
}

/** Figures for a person to look at; machines differ, so nothing is promised of them. */
function report(figures: Readonly<Record<string, number | undefined>>): void {
  const shown = Object.entries(figures).map(([name, value = 0]) => `${name} ${Math.round(value)}`);
  process.stderr.write(`hostile requests: ${shown.join(", ")}\n`);
}

proves(
  "hostile.pipelining",
  "pipelined requests are answered in order, each under its own key, also behind one that is slow",
  async () => {
    const { gateway, coderd, upstream } = scene();
    const names = ["slow", "ann", "bob", "nobody", "cyd"];
    const keys = new Map<string, { key: string; userId: string }>();
    for (const username of names.filter((name) => name !== "nobody")) {
      const { user } = await coderd.owner.users.createUser({ username });
      const userId = user?.id ?? "";
      const { key } = await coderd.owner.apiKeys.createApiKey({ userId });
      keys.set(username, { key, userId });
    }
    const slow = upstream.next(({ body }) => body.includes('"slow"'));
    const last = upstream.next(({ body }) => body.includes('"cyd"'));
    const pipeline = names.map((name, i) => {
      const body = JSON.stringify({ model: name, max_tokens: 1, messages: [] });
      const key = keys.get(name)?.key ?? "abcdefghij-nobody-knows-this-secret";
      const connection = i === names.length - 1 ? "close" : "keep-alive";
      return `POST /anthropic/v1/messages HTTP/1.1\r\nHost: g\r\nX-Api-Key: ${key}\r\nConnection: ${connection}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    });
    upstream.always("messages", ({ body }) => jsonAnswer(200, [], { for: modelIn(body) }));
    const received = sendRaw(gateway.gatewayUrl, { bytes: [pipeline.join("")] });
    // The last one has its answer before the first one has begun.
    await (await last).play(jsonAnswer(200, [], { for: "cyd" }));
    await (await slow).play(jsonAnswer(200, [], { for: "slow" }));
    const text = await received;
    expect(statusesIn(text)).toEqual([200, 200, 200, 403, 200]);
    expect([...text.matchAll(/\{"for":"(\w+)"\}/g)].map(([, name]) => name)).toEqual([
      "slow",
      "ann",
      "bob",
      "cyd",
    ]);
    for (const [name, { userId }] of keys) {
      const { interceptions } = await eventually(
        () => coderd.owner.interceptions.listInterceptions({ filter: { model: name } }),
        ({ interceptions }) => interceptions.length > 0,
      );
      expect(interceptions.map(({ started }) => started?.initiatorId)).toEqual([userId]);
    }
  },
);

function modelIn(body: Buffer): unknown {
  return JSON.parse(body.toString()).model;
}
