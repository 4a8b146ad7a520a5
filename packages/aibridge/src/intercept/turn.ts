import { parseBoundedJson } from "../bounded-json.ts";
import type { InjectedCall, Turn } from "./tool-format.ts";

/** A call as it stands in an answer. */
export interface CallInTurn {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** Sorts the calls of a turn, in its order, into those that are injected and the client's. */
export function sortCalls(
  calls: readonly CallInTurn[],
  isInjected: (name: string) => boolean,
): Pick<Turn, "calls" | "lastClientCallId"> {
  const injected: InjectedCall[] = [];
  let clientCallsAfter = 0;
  for (const call of calls.toReversed()) {
    if (isInjected(call.name)) injected.unshift({ ...call, clientCallsAfter });
    else clientCallsAfter++;
  }
  return { calls: injected, lastClientCallId: calls.findLast((c) => !isInjected(c.name))?.id };
}

/**
 * Where a call goes among the client's calls of its turn: the position in a
 * list, given those of the client's calls up to the one that carried it.
 */
export function placeOf(
  { clientCallsAfter }: Pick<InjectedCall, "clientCallsAfter">,
  clientCalls: readonly number[],
): number {
  if (clientCallsAfter === 0) return (clientCalls.at(-1) ?? -1) + 1;
  return clientCalls.at(-clientCallsAfter) ?? clientCalls[0] ?? 0;
}

/** The arguments as an object; undefined if they are none. Of no arguments, an empty one. */
export function argumentsFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = parseBoundedJson(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined;
  } catch {
    return undefined;
  }
}
