import { connect, type Socket } from "node:net";
import { namedEvent } from "@aibridge/testing/fake-upstream";
import { expect, jest } from "@jest/globals";
import { jsonHeaders, paths } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { metric, type Scene, settle, startScene } from "./scene.ts";

jest.setTimeout(120_000);

const clients = 8;
const mebibyte = 1_024 * 1_024;
/** What the provider has to say to each: far more than fits into all the sockets on the way. */
const answerBytes = 64 * mebibyte;
/** What all of them together may cost the gateway. It would be 512 if it took what it is given. */
const memoryBytesMax = 96 * mebibyte;

proves(
  "relay.slow-client",
  "clients that do not read hold the provider back and cost the gateway no memory, and all is on record",
  async () => {
    await using scene = await startScene(undefined);
    const { coderd, gateway, upstream } = scene;
    const taken = Array.from({ length: clients }, () => 0);
    const chunk = Buffer.from(
      namedEvent({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: "x".repeat(65_536) },
      }),
    );
    let calls = 0;
    upstream.byHand(async (call) => {
      const at = calls++;
      call.respond(200, [["content-type", "text/event-stream"]]);
      let over = false;
      void call.closed.then(() => {
        over = true;
      });
      while (!over && (taken[at] ?? 0) < answerBytes) {
        await call.write(chunk);
        taken[at] = (taken[at] ?? 0) + chunk.length;
      }
      await call.end();
    });
    const before = await metric(gateway, "process_resident_memory_bytes");
    const sockets = Array.from({ length: clients }, () => askWithoutReading(scene));
    const whileStuck = await memoryOnceStuck(scene, taken);
    for (const bytes of taken) expect(bytes).toBeLessThan(answerBytes);
    expect(whileStuck - before).toBeLessThan(memoryBytesMax);

    // One reads on, as slowly as a test may, and gets the rest; the others leave.
    const [patient, ...others] = sockets;
    for (const socket of others) socket.destroy();
    await patient?.resume().toArray();
    expect(taken[0]).toBeGreaterThanOrEqual(answerBytes);

    await settle(gateway);
    const { interceptions } = await coderd.owner.interceptions.listInterceptions({});
    expect(interceptions.filter(({ ended }) => ended)).toHaveLength(clients);
  },
);

/** A client that sends its request and then looks away. */
function askWithoutReading({ gateway, coderd }: Scene): Socket {
  const { hostname, port } = new URL(gateway.gatewayUrl);
  const socket = connect(Number(port), hostname).pause();
  const body = JSON.stringify({ model: "slow", max_tokens: 9, stream: true, messages: [] });
  const headers = [
    ...jsonHeaders,
    ["host", "gateway"],
    ["connection", "close"],
    ["x-api-key", coderd.apiKey],
    ["content-length", String(body.length)],
  ].map(([name, value]) => `${name}: ${value}`);
  socket.write(`POST ${paths.messages} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

/** The gateway's memory once the provider can send no more: asked again until nothing has moved for a while. */
async function memoryOnceStuck({ gateway }: Scene, taken: readonly number[]): Promise<number> {
  let before = "";
  let still = 0;
  return await eventually(
    async () => {
      const now = taken.join();
      still = now === before && taken.every((bytes) => bytes > 0) ? still + 1 : 0;
      before = now;
      return metric(gateway, "process_resident_memory_bytes");
    },
    () => still >= 50,
    60_000,
  );
}
