import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { Agent } from "undici";
import { RequestBody } from "../body.ts";
import type { ResponseSink } from "../exchange.ts";
import { relay } from "./relay.ts";

/** What a caller gets of an answer, and when `beforeEnd` and `beforeLastByte` come in between. */
async function relayed(
  answer: (response: ServerResponse) => void,
  onHead: () => void = () => {},
): Promise<string[]> {
  const server = createServer((_, response) => answer(response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent();
  const told: string[] = [];
  let status: number | undefined;
  const sink: ResponseSink = {
    get status() {
      return status;
    },
    start: (given) => {
      onHead();
      status = given;
      told.push("head");
    },
    write: (chunk) => told.push(Buffer.from(chunk).toString()) > 0,
    onDrain: () => {},
    end: () => void told.push("end"),
    fail: () => void told.push("fail"),
  };
  const { port } = server.address() as AddressInfo;
  const body = new RequestBody(Buffer.from("{}"));
  const request = { origin: `http://127.0.0.1:${port}`, method: "POST", target: "/", headers: [] };
  try {
    await relay(agent, { ...request, body }, sink, {
      deadlines: { firstByteMs: 5_000, idleMs: 5_000 },
      signal: new AbortController().signal,
      admission: undefined,
      ownHeaders: [],
      streamError: undefined,
      beforeEnd: (end) => void told.push(`record ${end.status}`),
      beforeLastByte: () => void told.push("recorded"),
    });
  } catch {
    told.push("refused");
  }
  await agent.close();
  server.close();
  return told;
}

// proves: record.killed.every-usage
test("a stream's end is told of before the caller gets it", async () => {
  expect(
    await relayed((response) =>
      response.writeHead(200, { "transfer-encoding": "chunked" }).end("hello"),
    ),
  ).toEqual(["head", "hello", "record completed", "recorded", "end"]);
});

// proves: record.killed.every-usage
test("the end of an answer of known length is told of before it leaves, all of a short one at once", async () => {
  const headers = { "content-length": "5" };
  expect(await relayed((response) => response.writeHead(200, headers).end("hello"))).toEqual([
    "record completed",
    "recorded",
    "head",
    "hello",
    "end",
  ]);
});

test("an answer that breaks off has no end to tell of", async () => {
  const told = await relayed((response) => {
    response.writeHead(200, { "content-length": "10" }).write("hello", () => response.destroy());
  });
  expect(told).toEqual(["head", "hello", "fail"]);
});

test("the head of an answer of known length does not wait for the body", async () => {
  const head = Promise.withResolvers<void>();
  const answered = relayed(async (response) => {
    response.writeHead(200, { "content-length": "5" }).flushHeaders();
    await head.promise;
    response.end("hello");
  }, head.resolve);
  expect(await answered).toEqual(["head", "record completed", "recorded", "hello", "end"]);
});

const answers = {
  "a short answer": (response: ServerResponse) =>
    response.writeHead(200, { "content-length": "5" }).end("hello"),
  "an answer of known length whose body is late": (response: ServerResponse) =>
    response.writeHead(200, { "content-length": "5" }).flushHeaders(),
  "a stream": (response: ServerResponse) => response.writeHead(200).write("hello"),
};
for (const [what, answer] of Object.entries(answers)) {
  test(`${what} whose head can't be sent is refused`, async () => {
    const told = await relayed(answer, () => {
      throw new Error("no such head");
    });
    expect(told.at(-1)).toBe("refused");
  });
}
