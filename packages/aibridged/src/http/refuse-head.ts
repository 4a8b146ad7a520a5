import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

/**
 * Answers a request that no exchange is made of, and closes the connection. It
 * waits for its turn behind what was asked before on the same connection.
 */
export function refuseHead(response: ServerResponse, status: number, message: string): void {
  const body = JSON.stringify({ error: { message } });
  response.shouldKeepAlive = false;
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-request-id": randomUUID(),
  });
  response.end(body);
}
