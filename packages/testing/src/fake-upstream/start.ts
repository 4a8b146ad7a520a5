import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import { UpstreamCall } from "./call.ts";
import { defaultAnswer, refusal } from "./default-answer.ts";
import { problemOf } from "./problems.ts";
import { type ReceivedRequest, RequestRecord } from "./received.ts";
import type { Route } from "./route.ts";

/** How a fake upstream is to behave; all of it may be left out. */
export interface FakeUpstreamOptions {
  /** The only credential accepted. Left out: any that is not empty. */
  readonly apiKey?: string;
  /**
   * Whether to refuse what the real provider would refuse (JSON, required
   * headers and fields, credential). True unless a test sends nonsense on
   * purpose.
   */
  readonly validates?: boolean;
  /** The port on 127.0.0.1. Left out: a free one. */
  readonly port?: number;
}

/** A scripted answer, or a function that makes one from what came. */
export type Script = Answer | ((request: ReceivedRequest) => Answer);

/** How long `next()` waits unless told otherwise. Generous: it only bounds a failing test. */
const nextTimeoutMs = 10_000;

interface Waiter {
  readonly wants: (request: ReceivedRequest) => boolean;
  readonly take: (call: UpstreamCall) => void;
}

/**
 * A provider: a real HTTP server on loopback that speaks Anthropic's Messages
 * API and OpenAI's Chat Completions and Responses, and keeps everything it
 * received.
 *
 * A request goes to a test that waits for it by `next()`; else to the hand given
 * to `byHand()`; else it gets the oldest answer scripted for its route by
 * `answer()`; else the one given to `always()`; else a valid canned one. Disposing it cuts every connection.
 */
export class FakeUpstream implements AsyncDisposable {
  /** Every request, in the order their heads came. */
  readonly requests: ReceivedRequest[] = [];
  /** What was wrong with requests that were refused as the provider would. */
  readonly problems: string[] = [];
  /** The connections that were ever opened to this fake. */
  connections = 0;
  readonly #server: Server;
  readonly #options: FakeUpstreamOptions;
  readonly #scripts = new Map<Route, Script[]>();
  readonly #standing = new Map<Route, Script>();
  readonly #waiters: Waiter[] = [];
  #hand: ((call: UpstreamCall) => Promise<void>) | undefined;
  readonly #played: Promise<void>[] = [];

  constructor(server: Server, options: FakeUpstreamOptions) {
    this.#server = server;
    this.#options = options;
    server.on("connection", () => {
      this.connections += 1;
    });
    server.on("request", (message, response) => {
      this.#played.push(this.#handle(message, response));
    });
  }

  /** The origin, such as `http://127.0.0.1:49152`, with no slash at its end. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return `http://127.0.0.1:${address.port}`;
  }

  /** The requests of one route. */
  requestsOf(route: Route): ReceivedRequest[] {
    return this.requests.filter((request) => request.route === route);
  }

  /** Scripts the next answers of a route, one a request. */
  answer(route: Route, ...scripts: readonly Script[]): void {
    this.#scripts.set(route, [...(this.#scripts.get(route) ?? []), ...scripts]);
  }

  /** Replaces the canned answer of a route, for as often as it is asked. */
  always(route: Route, script: Script): void {
    this.#standing.set(route, script);
  }

  /**
   * Takes the next request out of the hands of scripts, to be answered by hand.
   * Call it before the request can arrive, or the script answers. Resolves when
   * the request's whole body has come; requests that `wants` declines are
   * answered as usual. Rejects after `timeoutMs`, naming what came instead.
   */
  async next(
    wants: Waiter["wants"] = () => true,
    timeoutMs: number = nextTimeoutMs,
  ): Promise<UpstreamCall> {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamCall>();
    const waiter: Waiter = { wants, take: resolve };
    this.#waiters.push(waiter);
    const timer = setTimeout(() => {
      const came = this.requests.map(({ method, target }) => `${method} ${target}`).join(", ");
      reject(new Error(`no request within ${timeoutMs} ms; so far came: ${came || "none"}`));
    }, timeoutMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      const at = this.#waiters.indexOf(waiter);
      if (at >= 0) this.#waiters.splice(at, 1);
    }
  }

  /**
   * Answers by hand whatever no `next()` waits for, instead of any script.
   * Requests whose body did not come whole are in `requests` alone.
   */
  byHand(answer: (call: UpstreamCall) => Promise<void>): void {
    this.#hand = answer;
  }

  /** Throws if a scripted answer was never asked for, a `next()` waits still, or a request was refused. */
  verify(): void {
    const unused = [...this.#scripts]
      .filter(([, scripts]) => scripts.length > 0)
      .map(([route, scripts]) => `${scripts.length} scripted for ${route} not asked for`);
    const waiting = this.#waiters.map(() => "a next() that no request came for");
    const complaints = [...unused, ...waiting, ...this.problems];
    if (complaints.length > 0) throw new Error(`fake upstream: ${complaints.join("; ")}`);
  }

  /** Forgets requests, problems and scripts, so that tests can share one fake. */
  clear(): void {
    this.requests.length = 0;
    this.problems.length = 0;
    this.#scripts.clear();
    this.#standing.clear();
    this.#hand = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
    await Promise.allSettled(this.#played);
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = new RequestRecord(this.requests.length, message);
    this.requests.push(record);
    const call = new UpstreamCall(record, response);
    if (!(await record.receive(message))) return;
    const waiter = this.#waiters.find((waiter) => waiter.wants(record));
    if (waiter === undefined) {
      return this.#hand ? this.#hand(call) : call.play(this.#answerTo(record));
    }
    this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
    waiter.take(call);
  }

  #answerTo(request: ReceivedRequest): Answer {
    const validates = this.#options.validates ?? true;
    const problem = validates ? problemOf(request, this.#options.apiKey) : undefined;
    if (problem !== undefined) {
      this.problems.push(`${request.method} ${request.target}: ${problem.message}`);
      return refusal(request, problem.status, problem.message);
    }
    const script = this.#scripts.get(request.route)?.shift() ?? this.#standing.get(request.route);
    if (script === undefined) return defaultAnswer(request);
    return typeof script === "function" ? script(request) : script;
  }
}

/** Starts a fake upstream on loopback. Resolves when it listens; rejects if the port is taken. */
export async function startFakeUpstream(options: FakeUpstreamOptions = {}): Promise<FakeUpstream> {
  // The deadlines of node:http are off: a fake that stalls must not be ended
  // by its own server.
  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
  const upstream = new FakeUpstream(server, options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  return upstream;
}
