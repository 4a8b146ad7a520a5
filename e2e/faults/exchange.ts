import type { IncomingMessage } from "node:http";
import { setImmediate } from "node:timers/promises";
import { bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { open } from "../http.ts";
import { bodyFor } from "./answers.ts";
import type { Plan } from "./plan.ts";
import { markerHeader, type Provider } from "./provider.ts";

/** How a request went, seen from the client. */
export interface Outcome {
  readonly plan: Plan;
  /** By `performance.now`. */
  readonly beganAt: number;
  readonly endedAt: number;
  /** Undefined: no head came. */
  readonly status: number | undefined;
  /**
   * - `whole`: every byte that the provider meant for it, and a clean end.
   * - `cut`: the beginning of that and no more, but for an error event of the gateway's own.
   * - `left`: the client itself left before the end.
   * - `refused`: the gateway answered in the provider's place.
   * - `unanswered`: the connection broke before a head.
   * - `altered`: other bytes than the provider's. Never right.
   */
  readonly how: "whole" | "cut" | "left" | "refused" | "unanswered" | "altered";
}

/** Where and as whom to ask. */
export interface Door {
  readonly gatewayUrl: string;
  readonly apiKey: string;
}

/**
 * Asks what a plan says, and leaves when it says so. Never rejects.
 *
 * @param onHead told when the head of the answer came
 */
export async function exchange(
  door: Door,
  plan: Plan,
  provider: Provider,
  onHead: () => void = () => {},
): Promise<Outcome> {
  const beganAt = performance.now();
  const leaving = new AbortController();
  const [status, how] = await askAndRead(door, plan, provider, leaving, onHead);
  return { plan, beganAt, endedAt: performance.now(), status, how };
}

type Answered = readonly [status: number | undefined, how: Outcome["how"]];

async function askAndRead(
  door: Door,
  plan: Plan,
  provider: Provider,
  leaving: AbortController,
  onHead: () => void,
): Promise<Answered> {
  const taken = provider.expect(plan);
  const { fate } = plan;
  let status: number | undefined;
  const received: Buffer[] = [];
  try {
    const asking = send(door, plan, leaving.signal);
    if (fate.by === "client" && fate.when === "any-time") void leaveAfter(fate.turns, leaving);
    const leavesAfter = fate.by === "client" && fate.when === "answered" ? fate.chunks : Infinity;
    if (leavesAfter === 0) void taken.then(() => leaving.abort());
    const answer = await asking;
    status = answer.statusCode;
    onHead();
    for await (const chunk of answer) {
      received.push(chunk);
      if (received.length >= leavesAfter) leaving.abort();
    }
    return [status, verdict(plan, status, Buffer.concat(received), true)];
  } catch {
    const body = Buffer.concat(received);
    if (leaving.signal.aborted && isBeginning(plan, body)) return [status, "left"];
    return [status, status === undefined ? "unanswered" : verdict(plan, status, body, false)];
  }
}

function send(
  { gatewayUrl, apiKey }: Door,
  plan: Plan,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { marker, route, streaming, asksForUsage } = plan;
  const options =
    route === "chat-completions" && streaming && asksForUsage
      ? { stream_options: { include_usage: true } }
      : {};
  return open(`${gatewayUrl}${paths[route]}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(apiKey), [markerHeader, marker]],
    body: JSON.stringify({ ...bodies[route], model: marker, stream: streaming, ...options }),
    signal,
  });
}

async function leaveAfter(turns: number, leaving: AbortController): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await setImmediate();
  leaving.abort();
}

function verdict(plan: Plan, status: number | undefined, body: Buffer, isEnded: boolean) {
  const isProviders =
    plan.fate.by === "provider" && plan.fate.how === "error" ? plan.fate.status : 200;
  if (status !== isProviders) return "refused";
  if (isEnded && body.equals(bodyFor(plan))) return "whole";
  if (isBeginning(plan, body)) return isEnded ? "altered" : "cut";
  return plan.streaming && isBeginning(plan, withoutErrorEvent(body)) ? "cut" : "altered";
}

function isBeginning(plan: Plan, body: Buffer): boolean {
  return bodyFor(plan).subarray(0, body.length).equals(body);
}

/** Less its last event, if that tells of an error. */
function withoutErrorEvent(body: Buffer): Buffer {
  const at = body.lastIndexOf("\n\n", body.length - 3);
  const start = at === -1 ? 0 : at + 2;
  return body.subarray(start).includes('"error"') ? body.subarray(0, start) : body;
}
