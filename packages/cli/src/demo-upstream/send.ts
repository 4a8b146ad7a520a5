import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { DemoEvent } from "./reply.ts";

/** Between two events of a stream: slow enough to be seen, too quick to wait for. */
const pauseMs = 15;

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, {
    "content-type": "application/json",
    "request-id": `req_demo_${randomUUID()}`,
  });
  response.end(JSON.stringify(body));
}

/** Streams events, one after the other, until all are sent or the client is gone. */
export async function sendEvents(
  response: ServerResponse,
  events: readonly DemoEvent[],
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": `req_demo_${randomUUID()}`,
  });
  for (const { event, data } of events) {
    const name = event === undefined ? "" : `event: ${event}\n`;
    response.write(`${name}data: ${data === "[DONE]" ? data : JSON.stringify(data)}\n\n`);
    await wait(pauseMs, undefined, { signal: gone.signal });
  }
  response.end();
}
