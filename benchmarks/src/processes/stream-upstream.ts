import { createServer, type Socket } from "node:net";
import { listenAndAnnounce } from "../announce.ts";
import { monotonicUs, timedEvent } from "../streams/timed-event.ts";
import { Wheel } from "../streams/wheel.ts";

/**
 * A provider whose every answer is a stream that never ends, of as many events a
 * second as its argument says. It is written on bare sockets, with one timer,
 * and one buffer for all streams that are due at a moment, so that many streams
 * cost it little. It knows as much of HTTP as it takes to see where a request ends.
 */
const eventsPerSecond = Number(process.argv[2] ?? 30);
const wheel = new Wheel<Socket>(1_000 / eventsPerSecond);
/** A reader that doesn't keep up misses events, and no queue grows here. */
const unreadBytesMax = 65_536;
const endOfHead = "\r\n\r\n";

const message = { id: "msg_bench", type: "message", role: "assistant", model: "m", content: [] };
const usage = { input_tokens: 10, output_tokens: 1 };
const start = { type: "message_start", message: { ...message, usage } };
const firstEvent = Buffer.from(`event: message_start\ndata: ${JSON.stringify(start)}\n\n`);
const head =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const answer = Buffer.concat([Buffer.from(head), chunkOf(firstEvent)]);

function chunkOf(event: Buffer): Buffer {
  const size = event.length.toString(16);
  return Buffer.concat([Buffer.from(`${size}\r\n`), event, Buffer.from("\r\n")]);
}

function requestLength(head: string): number {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1] ?? "0";
  return head.indexOf(endOfHead) + endOfHead.length + Number(length);
}

const server = createServer({ noDelay: true }, (socket) => {
  let received = 0;
  let headText = "";
  socket.on("error", () => undefined);
  socket.on("data", (piece: Buffer) => {
    received += piece.length;
    if (!headText.includes(endOfHead)) headText += piece.toString("latin1");
    if (!headText.includes(endOfHead) || received < requestLength(headText)) return;
    headText = "";
    received = Number.NEGATIVE_INFINITY;
    socket.write(answer);
    socket.once("close", wheel.join(socket));
  });
});

const startedAt = performance.now();
setInterval(() => {
  wheel.turnTo(performance.now() - startedAt, (sockets) => {
    const chunk = chunkOf(timedEvent(monotonicUs()));
    for (const socket of sockets) {
      if (socket.writableLength < unreadBytesMax) socket.write(chunk);
    }
  });
}, 1);

listenAndAnnounce(server, 4_096);
