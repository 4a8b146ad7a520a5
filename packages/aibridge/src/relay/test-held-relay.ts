import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { RequestBody } from "../body.ts";
import type { ResponseSink } from "../exchange.ts";
import { type RelayEnd, type RelayOptions, relay } from "./relay.ts";

export interface HeldRelay extends AsyncDisposable {
  /** What the caller gets, and `beforeEnd` and the watcher are told, in order. */
  readonly told: string[];
  /** Where the relay answers, to be changed by a test. */
  readonly response: ResponseSink;
  /** The provider's side of the answer, to be driven by hand. */
  readonly answer: ServerResponse;
  /** How the relay ended. */
  readonly end: Promise<RelayEnd>;
  /** What undici told the relay, and when the relay paused it. */
  readonly upstream: {
    readonly read: Promise<void>;
    readonly paused: Promise<void>;
    readonly ended: Promise<void>;
    readonly broken: Promise<void>;
  };
  /** The start is on record. */
  admit(): void;
  /** The start can't be recorded. */
  refuse(error: Error): void;
  leave(reason: Error): void;
  /** A whole exchange on the connection that the relay uses, once that is free. */
  useConnection(): Promise<number>;
}

/** A relay over real sockets, whose interception is on record when the test says so. */
export async function startHeldRelay(options: Partial<RelayOptions> = {}): Promise<HeldRelay> {
  const asked = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.url === "/other") response.end();
    else asked.resolve(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const agent = new Agent({ connections: 1 });
  const told: string[] = [];
  const seen = signals();
  const admission = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const body = new RequestBody(Buffer.from("{}"));
  const response = sinkThatTells(told);
  const end = relay(
    { dispatch: (asked, handler) => agent.dispatch(asked, watched(handler, seen)) },
    { origin, method: "POST", target: "/", headers: [], body },
    response,
    {
      deadlines: { firstByteMs: 5_000, idleMs: 5_000 },
      signal: leaving.signal,
      admission: admission.promise,
      ownHeaders: [],
      streamError: undefined,
      watcher: {
        onHead: (status) => told.push(`read ${status}`),
        onChunk: (chunk) => told.push(`read ${chunk.byteLength}`),
      },
      beforeEnd: ({ status }) => void told.push(`record ${status}`),
      ...options,
    },
  );
  // Each test says itself what it expects of it.
  end.catch(() => {});
  return {
    told,
    response,
    answer: await asked.promise,
    end,
    upstream: seen.promises,
    admit: admission.resolve,
    refuse: admission.reject,
    leave: (reason) => leaving.abort(reason),
    async useConnection() {
      const { statusCode, body } = await agent.request({ origin, path: "/other", method: "POST" });
      await body.dump();
      return statusCode;
    },
    async [Symbol.asyncDispose]() {
      await agent.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A caller that takes all, and tells what. */
export function sinkThatTells(told: string[]): ResponseSink {
  let status: number | undefined;
  return {
    get status() {
      return status;
    },
    start: (given) => {
      status = given;
      told.push(`start ${given}`);
    },
    write: (chunk) => told.push(Buffer.from(chunk).toString()) > 0,
    onDrain: () => {},
    end: () => void told.push("end"),
    fail: (_error, lastWords) =>
      void told.push(`fail ${Buffer.from(lastWords ?? []).toString()}`.trim()),
  };
}

function signals() {
  const [read, paused, ended, broken] = [waiting(), waiting(), waiting(), waiting()];
  return {
    read: read.resolve,
    paused: paused.resolve,
    ended: ended.resolve,
    broken: broken.resolve,
    promises: {
      read: read.promise,
      paused: paused.promise,
      ended: ended.promise,
      broken: broken.promise,
    },
  };
}

function waiting() {
  return Promise.withResolvers<void>();
}

/** The same handler, and a test that is told after it was. */
function watched(
  handler: Dispatcher.DispatchHandler,
  seen: ReturnType<typeof signals>,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...args) => handler.onRequestStart?.(...args),
    onResponseStart(controller, ...args) {
      handler.onResponseStart?.(controller, ...args);
      if (controller.paused) seen.paused();
    },
    onResponseData(controller, chunk) {
      handler.onResponseData?.(controller, chunk);
      seen.read();
      if (controller.paused) seen.paused();
    },
    onResponseEnd(...args) {
      handler.onResponseEnd?.(...args);
      seen.ended();
    },
    onResponseError(...args) {
      handler.onResponseError?.(...args);
      seen.broken();
    },
  };
}
