import { createServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listenAndAnnounce } from "../announce.ts";

/**
 * A provider that costs as little as node:http allows, on a port that it
 * prints. The header `x-bench` says how to answer: `stream` sends 30 events,
 * `hold` one and then nothing, anything else a short JSON. Its argument: how
 * long it thinks before it answers, in milliseconds; without one it doesn't.
 */
const thinkMs = Number(process.argv[2] ?? 0);
const json = Buffer.from(
  JSON.stringify({
    id: "msg_bench",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: "x".repeat(200) }],
    stop_reason: "end_turn",
    usage: { input_tokens: 10, output_tokens: 50 },
  }),
);
const delta = {
  type: "content_block_delta",
  index: 0,
  delta: { type: "text_delta", text: "word " },
};
const event = Buffer.from(`event: content_block_delta\ndata: ${JSON.stringify(delta)}\n\n`);
const eventsPerStream = 30;

function sendEvents(response: ServerResponse, left: number): void {
  if (left === 0 || response.destroyed) {
    response.end();
    return;
  }
  response.write(event);
  setImmediate(sendEvents, response, left - 1);
}

const server = createServer({ requestTimeout: 0 }, (request, response) => {
  request.resume();
  request.on("end", async () => {
    if (thinkMs > 0) await sleep(thinkMs);
    const mode = request.headers["x-bench"];
    if (mode !== "stream" && mode !== "hold") {
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": json.length,
      });
      response.end(json);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (mode === "hold") response.write(event);
    else sendEvents(response, eventsPerStream);
  });
});
server.keepAliveTimeout = 60_000;
listenAndAnnounce(server);
