import { messages } from "@aibridge/testing/fake-upstream";
import { type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { beforeEach, expect } from "@jest/globals";
import { startApart } from "./apart.ts";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { open, send } from "./http.ts";
import { proves } from "./proves.ts";
import { share } from "./share.ts";

const world = share(startApart);

beforeEach(() => world().upstream.clear());

/** A stream through a gateway, of which the first event has arrived. */
async function runningStream({ gatewayUrl }: ServingGateway) {
  const { upstream, coderd } = world();
  const next = upstream.next();
  const opening = open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(coderd.apiKey)],
    body: JSON.stringify({ ...bodies.messages, stream: true }),
  });
  const call = await next;
  const { headers, chunks } = messages.textStream();
  const [first = Buffer.of(), ...rest] = chunks;
  call.respond(200, headers);
  const reader = (await opening).iterator();
  await call.write(first);
  expect(Buffer.from(first).equals((await reader.next()).value)).toBe(true);
  return { call, reader, rest };
}

/** Asks it to end, once, and resolves when it drains. */
async function askToEnd({ process }: ServingGateway): Promise<void> {
  process.signal("SIGTERM");
  await process.logged((line) => line.msg === "draining");
}

proves(
  ["drain.streams", "drain.refuses"],
  "a running stream goes on to its end, nobody new is let in, and then it exits with 0",
  async () => {
    await using gateway = await startGateway(world().coderd);
    const { call, reader, rest } = await runningStream(gateway);
    await askToEnd(gateway);
    expect((await send(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    const late = await ask(gateway.gatewayUrl, "messages", bearer(world().coderd.apiKey)).then(
      ({ status }) => status,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect([503, "ECONNREFUSED"]).toContain(late);
    for (const chunk of rest) {
      await call.write(chunk);
      expect(Buffer.from(chunk).equals((await reader.next()).value)).toBe(true);
    }
    await call.end();
    expect((await reader.next()).done).toBe(true);
    expect(await gateway.process.exited).toEqual({ code: 0, signal: null });
    expect(world().upstream.requests.length).toBe(1);
  },
);

proves("drain.cut", "a second SIGTERM cuts the stream, upstream too, and it exits", async () => {
  await using gateway = await startGateway(world().coderd);
  const { call, reader } = await runningStream(gateway);
  await askToEnd(gateway);
  gateway.process.signal("SIGTERM");
  await expect(reader.next()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await call.closed).toBe("left");
  expect((await gateway.process.exited).signal).toBeNull();
});

proves("drain.cut", "what runs past the deadline is cut", async () => {
  await using gateway = await startGateway(world().coderd, { AIBRIDGE_DRAIN_TIMEOUT: "100ms" });
  const { call, reader } = await runningStream(gateway);
  gateway.process.signal("SIGTERM");
  await expect(reader.next()).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await call.closed).toBe("left");
  expect((await gateway.process.exited).signal).toBeNull();
});

proves(
  "drain.streams",
  "an idle gateway exits with 0 at once, idle connections or not",
  async () => {
    await using gateway = await startGateway(world().coderd);
    const response = await fetch(`${gateway.gatewayUrl}/nowhere`);
    await response.arrayBuffer();
    gateway.process.signal("SIGTERM");
    expect(await gateway.process.exited).toEqual({ code: 0, signal: null });
  },
);
