import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { type ServingGateway, startGateway } from "@aibridge/testing/harness";
import { expect, jest } from "@jest/globals";
import { type ApartWorld, startApart } from "../apart.ts";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { residentBytes } from "./memory.ts";
import { sendRaw, statusesIn } from "./raw.ts";

jest.setTimeout(60_000);

const mebibyte = 1_024 * 1_024;
const answerBytes = 100 * mebibyte;
const heldBytesMax = 32 * mebibyte;

interface Scene extends ApartWorld {
  readonly gateway: ServingGateway;
}

const scene = share<Scene>(async () => {
  await using stack = new AsyncDisposableStack();
  const world = stack.use(await startApart({ validates: false }));
  const gateway = stack.use(
    await startGateway(world.coderd, {
      AIBRIDGE_CLIENT_HEADERS_TIMEOUT: "500ms",
      AIBRIDGE_CLIENT_BODY_TIMEOUT: "500ms",
      AIBRIDGE_CLIENT_IDLE_TIMEOUT: "3s",
    }),
  );
  const owned = stack.move();
  return { ...world, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
});

const head = () =>
  `POST /anthropic/v1/messages HTTP/1.1\r\nHost: g\r\nX-Api-Key: ${scene().coderd.apiKey}\r\n`;

proves(
  "hostile.slow-request",
  "headers and bodies that don't come are 408, in the format of their API, and reach no provider",
  async () => {
    const { gateway, upstream } = scene();
    const ask = (...bytes: string[]) => sendRaw(gateway.gatewayUrl, { bytes });
    const before = upstream.requests.length;
    const answers = await Promise.all([
      ask(),
      ask("POST /anthropic/v1/mess"),
      ask(head()),
      ask(`${head()}Content-Length: 100\r\n\r\n{"model"`),
      ask(`${head()}Transfer-Encoding: chunked\r\n\r\n5\r\n{"mod`),
    ]);
    expect(answers.map(statusesIn)).toEqual([[408], [408], [408], [408], [408]]);
    const body =
      '{"type":"error","error":{"type":"invalid_request_error","message":"the request took too long to arrive"}';
    expect(answers.slice(3).map((answer) => answer.includes(body))).toEqual([true, true]);
    expect(upstream.requests).toHaveLength(before);
  },
);

/** A provider that has 100 MiB to say to whoever asks for this model, and how much of it was taken. */
function talkative(): { readonly taken: () => number; readonly closed: Promise<unknown> } {
  let taken = 0;
  const closed = Promise.withResolvers<unknown>();
  const chunk = Buffer.from(`data: ${"x".repeat(65_536 - 8)}\n\n`);
  scene().upstream.byHand(async (call) => {
    call.respond(200, [["content-type", "text/event-stream"]]);
    void call.closed.then(closed.resolve);
    let over = false;
    void call.closed.then(() => {
      over = true;
    });
    while (!over && taken < answerBytes) {
      await call.write(chunk);
      if (!over) taken += chunk.length;
    }
    await call.end();
  });
  return { taken: () => taken, closed: closed.promise };
}

/** A client that sends its request and then looks away. */
function askWithoutReading(model: string): Socket {
  const { hostname, port } = new URL(scene().gateway.gatewayUrl);
  const body = JSON.stringify({ model, max_tokens: 9, stream: true, messages: [] });
  const socket = connect(Number(port), hostname).pause();
  socket.on("error", () => {});
  socket.write(`${head()}Content-Length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

async function endOf(model: string) {
  const { interceptions } = await eventually(
    () => scene().coderd.owner.interceptions.listInterceptions({ filter: { model } }),
    ({ interceptions }) => interceptions[0]?.ended !== undefined,
  );
  expect(interceptions).toHaveLength(1);
  return interceptions[0]?.ended?.status;
}

proves(
  "hostile.client-idle",
  "a client that takes nothing is cut after its deadline, and its provider let go; the end is on record",
  async () => {
    const provider = talkative();
    const socket = askWithoutReading("idle");
    expect(await provider.closed).toBe("left");
    expect(provider.taken()).toBeLessThan(answerBytes);
    expect(await endOf("idle")).toBe(InterceptionStatus.CANCELLED);
    // What the kernels held comes still; then it is over.
    const rest = await socket
      .resume()
      .toArray()
      .catch(() => []);
    expect(Buffer.concat(rest).includes("\r\n0\r\n\r\n")).toBe(false);
  },
);

proves(
  "hostile.slow-reader",
  "a client that reads little by little holds its provider back and costs the gateway little memory",
  async () => {
    const { gateway } = scene();
    const before = await residentBytes(gateway.process.pid);
    const provider = talkative();
    const socket = askWithoutReading("slow");
    // On a busy machine that takes longer than the turns that follow.
    await once(socket, "readable");
    let highest = 0;
    let read = 0;
    // A piece a turn: slower than the gateway's deadline allows would be cut.
    for (let i = 0; i < 400; i++) {
      read += socket.read(4_096)?.length ?? 0;
      highest = Math.max(highest, await residentBytes(gateway.process.pid));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBeGreaterThan(0);
    expect(provider.taken()).toBeLessThan(answerBytes);
    expect(highest - before).toBeLessThan(heldBytesMax);
    socket.destroy();
    expect(await provider.closed).toBe("left");
    expect(await endOf("slow")).toBe(InterceptionStatus.CANCELLED);
  },
);
