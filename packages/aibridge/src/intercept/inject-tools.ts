import type { InjectedTool } from "../mcp/toolbox.ts";
import { isObject, type JsonObject, objectFrom, objectsFrom, textFrom } from "./json.ts";
import { edited, insertElements, setMember } from "./json-edit.ts";
import { spanAt } from "./json-member.ts";
import type { Injection } from "./tool-format.ts";

/** How a format lists tools. */
export interface ToolListing {
  readonly place: "first" | "last";
  definitionOf(tool: InjectedTool): JsonObject;
}

/**
 * Splices tools into a request's `tools`. A client's tool of the same name
 * wins: it may be the one that the client knows how to run.
 */
export function injectTools(
  body: Buffer,
  request: JsonObject,
  tools: readonly InjectedTool[],
  { place, definitionOf }: ToolListing,
): Injection | undefined {
  const present = request.tools ?? [];
  if (!Array.isArray(present)) return undefined;
  const taken = new Set(objectsFrom(present).map(nameOf));
  const added = tools.filter(({ name }) => !taken.has(name));
  if (added.length === 0) return undefined;

  const definitions = added.map(definitionOf);
  const span = Array.isArray(request.tools) ? spanAt(body, "tools") : undefined;
  const edit = span
    ? insertElements(body, span, place === "first" ? 0 : present.length, definitions)
    : setMember(body, "tools", JSON.stringify(definitions));
  return { body: edited(body, [edit]), names: new Set(added.map(({ name }) => name)) };
}

/**
 * Whether the model may choose tools as it likes. `none` says that it may not;
 * and where it must call one, the client wants a call of its own.
 */
export function choosesFreely(toolChoice: unknown): boolean {
  if (toolChoice === undefined || toolChoice === null || toolChoice === "auto") return true;
  return isObject(toolChoice) && toolChoice.type === "auto";
}

/** Chat Completions has functions and custom tools one level down. */
function nameOf(tool: JsonObject): string {
  return textFrom(tool.name ?? objectFrom(tool.function ?? tool.custom).name);
}
