import { argumentsFrom } from "../intercept/turn.ts";
import type { InjectedTool, Toolbox, ToolOutcome } from "../mcp/toolbox.ts";
import type { DeferredCall } from "./deferred-id.ts";
import type { ToolLoopLimits } from "./limits.ts";

/** A call that the gateway answered for. */
export interface RanCall {
  readonly call: DeferredCall & { readonly arguments: string };
  readonly outcome: ToolOutcome;
  /** Undefined if there is no such tool (any more). */
  readonly tool: InjectedTool | undefined;
}

/** What a loop may run. */
export interface RunnableTools {
  readonly toolbox: Toolbox;
  /** By the names that the model knows. */
  readonly tools: ReadonlyMap<string, InjectedTool>;
}

/**
 * Runs the calls of one turn, several at a time, and answers for each: a call
 * that can't run is an error for the model to read. Never rejects; when the
 * signal aborts, calls that run are given up.
 */
export async function runCalls(
  calls: readonly DeferredCall[],
  { toolbox, tools }: RunnableTools,
  limits: Pick<ToolLoopLimits, "callsPerTurnMax" | "concurrencyMax">,
  signal: AbortSignal,
): Promise<RanCall[]> {
  return await mapConcurrently(calls, limits.concurrencyMax, async (call, at) => {
    const tool = tools.get(call.name);
    const answered = { call: { ...call, arguments: call.arguments ?? "" }, tool };
    const args = argumentsFrom(call.arguments ?? "");
    if (at >= limits.callsPerTurnMax) return { ...answered, outcome: failed(tooMany) };
    if (call.arguments === undefined) return { ...answered, outcome: failed(tooLong) };
    if (!tool) return { ...answered, outcome: failed("this tool is not available any more") };
    if (!args) return { ...answered, outcome: failed("the arguments are not a JSON object") };
    return { ...answered, outcome: await callTool(toolbox, call.name, args, signal) };
  });
}

/** An outcome that says that a call was not made, and why. */
export function failed(why: string): ToolOutcome {
  const content = [{ type: "text", text: `The tool was not run: ${why}.` }] as const;
  return { content, isError: true, invocationError: why };
}

const tooMany = "there were too many calls at once";
const tooLong = "its arguments are too long to be called together with other tools; call it alone";

async function callTool(
  toolbox: Toolbox,
  name: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  const aborted = Promise.withResolvers<ToolOutcome>();
  const onAbort = () => aborted.resolve(failed("it was cancelled"));
  signal.addEventListener("abort", onAbort);
  try {
    if (signal.aborted) return failed("it was cancelled");
    return await Promise.race([toolbox.call(name, args, signal), aborted.promise]);
  } catch {
    // A toolbox promises not to throw. What it throws may quote anything.
    return failed("it failed unexpectedly");
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function mapConcurrently<T, R>(
  items: readonly T[],
  concurrencyMax: number,
  map: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await map(item, at);
    }
  }
  await Promise.all(Array.from({ length: concurrencyMax }, work));
  return results;
}
