import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { eventStreamAnswer, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import { startTestGateway, testKey } from "./test-gateway.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const streams = 16;
const bodyBytes = 2 * 1_024 * 1_024;

// proves: relay.bodies-let-go
test("a stream that is open does not hold its request's body", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  upstream.always("messages", (request) => {
    // The fake keeps what it received; what we look at is what the gateway keeps.
    upstream.requests.splice(upstream.requests.indexOf(request), 1);
    return { ...eventStreamAnswer([], ["data: 1\n\n"]), ending: "stall" };
  });
  await using gateway = await startTestGateway(upstream.url);
  const messages = [{ role: "user", content: "x".repeat(bodyBytes) }];
  const body = Buffer.from(JSON.stringify({ model: "m", stream: true, messages }));
  await settle();
  const before = held();
  const responses = await Promise.all(
    Array.from({ length: streams }, () => openStream(gateway.url, body)),
  );
  await settle();
  const grown = held() - before;
  for (const response of responses) response.destroy();
  // The fake holds one body a stream itself; the gateway would hold another.
  expect(grown / streams).toBeLessThan(1.5 * bodyBytes);
});

/** Bodies are buffers, and what was parsed of them is on the heap. */
function held(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

async function openStream(url: string, body: Buffer): Promise<IncomingMessage> {
  const request = httpRequest(`${url}/anthropic/v1/messages`, {
    method: "POST",
    agent: false,
    headers: { "x-api-key": testKey },
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  await once(response, "data");
  return response;
}

/** Lets finalizers and freed buffers come through: some take a second collection. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
