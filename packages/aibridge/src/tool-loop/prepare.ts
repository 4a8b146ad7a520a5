import type { Format } from "../intercept/format.ts";
import { isObject, type JsonObject } from "../intercept/json.ts";
import { edited, setMember } from "../intercept/json-edit.ts";
import type { InjectedTool, Toolbox } from "../mcp/toolbox.ts";
import type { Deferred, DeferredCall } from "./deferred-id.ts";
import type { ResponseIds } from "./response-ids.ts";
import type { RunnableTools } from "./run-calls.ts";

/** What a user's tools bring to a request. */
export interface OfferedTools {
  readonly toolbox: Toolbox;
  /** As far as they have arrived. */
  readonly tools: readonly InjectedTool[];
  /** What ids in the request carried, by the original ones. */
  readonly deferred: ReadonlyMap<string, Deferred>;
  readonly responseIds: ResponseIds | undefined;
}

/** A request in which tools of the gateway take part. */
export interface ToolRun extends RunnableTools {
  /** Those that the model was told of. */
  readonly injected: ReadonlySet<string>;
  /** What an earlier turn left to run, and the client's call that carried it. */
  readonly deferred:
    | { readonly carrierId: string; readonly calls: readonly DeferredCall[] }
    | undefined;
}

/** A request as it goes to the provider; the same bytes if nothing changed. */
interface Prepared {
  readonly body: Buffer;
  /** Undefined if no tool of the gateway takes part. */
  readonly run: ToolRun | undefined;
}

/**
 * Adds tools to a request, and finds what an earlier turn deferred until now.
 * Of what ids carried, only the newest turn's still waits: of older calls, the
 * model has gone on without.
 */
export function prepareToolRun(
  received: Buffer,
  request: unknown,
  format: Format,
  { toolbox, tools, deferred, responseIds }: OfferedTools,
): Prepared {
  if (!isObject(request)) return { body: received, run: undefined };
  const body = withNewestResponse(received, request, deferred, responseIds);
  const injection = format.tools.inject(body, request, tools);
  const carrierId = format.tools.answeredCall(request, new Set(deferred.keys()));
  const calls = carrierId === undefined ? [] : (deferred.get(carrierId)?.calls ?? []);
  if (!injection && calls.length === 0) return { body, run: undefined };
  return {
    body: injection?.body ?? body,
    run: {
      toolbox,
      tools: new Map(tools.map((tool) => [tool.name, tool])),
      injected: injection?.names ?? new Set(),
      deferred: carrierId === undefined || calls.length === 0 ? undefined : { carrierId, calls },
    },
  };
}

/** The client names an answer by its first round; the provider goes on from its last one. */
function withNewestResponse(
  body: Buffer,
  { previous_response_id: id }: JsonObject,
  deferred: ReadonlyMap<string, Deferred>,
  responseIds: ResponseIds | undefined,
): Buffer {
  if (typeof id !== "string") return body;
  const carried = Array.from(deferred.values(), ({ renewal }) => renewal);
  const renewal = carried.findLast((renewal) => renewal?.first === id);
  const newest = renewal?.last ?? responseIds?.newest(id);
  if (newest === undefined) return body;
  return edited(body, [setMember(body, "previous_response_id", JSON.stringify(newest))]);
}
