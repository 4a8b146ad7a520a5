import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { bind, urlOf } from "./bind.ts";
import { type Closable, closableServer } from "./closing.ts";
import type { ListenAddress } from "./config-schemas.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What one condition of serving says. `why` is for the person on duty. */
export type Check = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Every condition of serving, by name. The process is ready if all hold. */
export type Readiness = Readonly<Record<string, Check>>;

/** What the admin listener shows. */
export interface AdminOptions {
  readonly listen: ListenAddress;
  readonly metrics: Pick<Metrics, "contentType" | "metrics">;
  /** Asked for each `/readyz`. If it throws, that answers 500, which is not ready either. */
  readonly ready: () => Readiness | Promise<Readiness>;
  readonly log: Logger;
}

/** The admin port of a process. */
export interface AdminListener extends Closable {
  readonly url: string;
  readonly address: ListenAddress;
}

/**
 * Serves `/healthz` (200: the process is alive), `/readyz` (200, or 503 with
 * the checks that fail) and `/metrics` (Prometheus text). It tells operators
 * about the inside, so its place is loopback or a private network. Rejects
 * with a `ListenError`.
 */
export async function listenAdmin({
  listen,
  metrics,
  ready,
  log,
}: AdminOptions): Promise<AdminListener> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 });
  const closable = closableServer(server);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(request, { metrics, ready }).then(
      (answered) => send(request, response, answered),
      (err: unknown) => {
        log.error({ err, path: request.url }, "the admin listener failed");
        send(request, response, json(500, { error: "internal error" }));
      },
    );
  });
  const address = await bind(server, listen);
  return { url: urlOf("http", address), address, ...closable };
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

async function answer(
  request: IncomingMessage,
  { metrics, ready }: Pick<AdminOptions, "metrics" | "ready">,
): Promise<Answer> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return json(405, { error: "method not allowed" });
  }
  switch (request.url?.split("?", 1)[0]) {
    case "/healthz":
      return json(200, { alive: true });
    case "/readyz":
      return readiness(ready);
    case "/metrics":
      return { status: 200, contentType: metrics.contentType, body: await metrics.metrics() };
    default:
      return json(404, { error: "not found", paths: ["/healthz", "/readyz", "/metrics"] });
  }
}

async function readiness(ready: AdminOptions["ready"]): Promise<Answer> {
  const checks = await ready();
  const all = Object.values(checks).every((check) => check.ok);
  return json(all ? 200 : 503, { ready: all, checks });
}

function json(status: number, body: object): Answer {
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, answered: Answer): void {
  request.resume();
  response.writeHead(answered.status, {
    "content-type": answered.contentType,
    "content-length": Buffer.byteLength(answered.body),
    "cache-control": "no-store",
  });
  response.end(request.method === "HEAD" ? undefined : answered.body);
}
