import type { IncomingMessage } from "node:http";
import type { DemoRequest } from "./reply.ts";

/** The gateway's own bound on bodies. */
const bodyBytesMax = 32 * 1024 * 1024;

/** The body of a request, or undefined if it is too long or no JSON object. */
export async function readBody(request: IncomingMessage): Promise<DemoRequest | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is DemoRequest {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
