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
const event = (data: { type: string }) =>
  Buffer.from(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`);
const message = { id: "msg_bench", type: "message", role: "assistant", model: "m", content: [] };
const usage = { input_tokens: 10, output_tokens: 1 };
const block = { type: "text", text: "" };
const delta = { type: "text_delta", text: "word " };
const word = { type: "content_block_delta", index: 0, delta };
/** As https://platform.claude.com/docs/en/build-with-claude/streaming has it. */
const events = [
  { type: "message_start", message: { ...message, usage } },
  { type: "content_block_start", index: 0, content_block: block },
  { type: "ping" },
  ...Array<typeof word>(24).fill(word),
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 24 } },
  { type: "message_stop" },
].map(event);

function sendEvents(response: ServerResponse, next: number): void {
  if (next === events.length || response.destroyed) {
    response.end();
    return;
  }
  response.write(events[next]);
  setImmediate(sendEvents, response, next + 1);
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
    if (mode === "hold") response.write(events[0]);
    else sendEvents(response, 0);
  });
});
server.keepAliveTimeout = 60_000;
listenAndAnnounce(server);
