import { createServer } from "node:http";

/**
 * A RecorderService without a store: it takes whatever is shipped, by an empty
 * answer. So the disk and the cores that are measured are the gateway's own.
 */
const server = createServer({ requestTimeout: 0 }, (request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/proto", "content-length": 0 });
    response.end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
