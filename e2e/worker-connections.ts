import { Agent, type IncomingMessage } from "node:http";
import type { FakeUpstream } from "@aibridge/testing/fake-upstream";
import { messages, type UpstreamCall } from "@aibridge/testing/fake-upstream";
import type { ServingGateway } from "@aibridge/testing/harness";
import { bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import { type HttpAnswer, open, send } from "./http.ts";

/** A connection to one of a gateway's workers, which stays open between requests. */
export interface WorkerConnection {
  /** The number of the worker, from 1 on. */
  readonly worker: number;
  readonly agent: Agent;
}

/** How many connections are opened at most to find a worker: the kernel draws one for each. */
const attemptsMax = 100;

/** One message on this connection, whole. */
export function askOn(
  { gatewayUrl }: ServingGateway,
  { agent }: Pick<WorkerConnection, "agent">,
  key: string,
): Promise<HttpAnswer> {
  return send(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify(bodies.messages),
    agent,
  });
}

/**
 * Opens connections until there are so many to each of two workers. A request
 * is sent on each, and by its id the log tells who served it.
 */
export async function connectToBoth(
  gateway: ServingGateway,
  key: string,
  each: number,
): Promise<WorkerConnection[]> {
  const found: WorkerConnection[] = [];
  for (let attempt = 0; attempt < attemptsMax && found.length < 2 * each; attempt++) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const id = (await askOn(gateway, { agent }, key)).header("x-request-id");
    const line = await gateway.process.logged(
      (logged) => logged.request_id === id && logged.msg === "request served",
    );
    const worker = Number(line.worker);
    if (found.filter((one) => one.worker === worker).length < each) found.push({ worker, agent });
    else agent.destroy();
  }
  if (found.length === 2 * each) return found;
  throw new Error(`of ${attemptsMax} connections too few got to one of the workers`);
}

/** A stream of which the first event has arrived; the rest comes when the test says. */
export interface RunningStream {
  readonly worker: number;
  readonly call: UpstreamCall;
  readonly answer: IncomingMessage;
  /** Resolves to the events that came, or rejects if the stream was cut. */
  finish(): Promise<Buffer>;
}

/** Begins a stream on a connection. */
export async function streamOn(
  { gatewayUrl }: ServingGateway,
  { worker, agent }: WorkerConnection,
  key: string,
  upstream: FakeUpstream,
): Promise<RunningStream> {
  const next = upstream.next();
  const opening = open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify({ ...bodies.messages, stream: true }),
    agent,
  });
  const call = await next;
  const { headers, chunks } = messages.textStream();
  const [first = Buffer.of(), ...rest] = chunks;
  call.respond(200, headers);
  const answer = await opening;
  const reader = answer.iterator();
  await call.write(first);
  const received: Buffer[] = [(await reader.next()).value];
  return {
    worker,
    call,
    answer,
    async finish() {
      for (const chunk of rest) await call.write(chunk);
      await call.end();
      for await (const chunk of reader) received.push(chunk);
      return Buffer.concat(received);
    },
  };
}

/** What a stream that went to its end brought. */
export const wholeStream: Buffer = Buffer.concat(messages.textStream().chunks);
