import { createServer } from "node:http";
import { listenAndAnnounce } from "../announce.ts";

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
listenAndAnnounce(server);
