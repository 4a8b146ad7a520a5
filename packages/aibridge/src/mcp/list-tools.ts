import type { Client, RequestOptions, StandardSchemaV1 } from "@modelcontextprotocol/client";
import { isObject, type JsonObject } from "../intercept/json.ts";
import { readToolDefinition, type ToolDefinition } from "./tool-definition.ts";

/** What one server may offer, and how many pages it may take for that. */
const toolsMax = 128;
const pagesMax = 32;

/**
 * All tools of a server, page by page. One that can't be offered is told to
 * `onInvalidTool` and left out, and so is what is over `toolsMax`, so that one
 * bad tool does not take the others with it.
 */
export async function listAllTools(
  client: Client,
  options: RequestOptions,
  onInvalidTool: (name: string, why: string) => void,
): Promise<readonly ToolDefinition[]> {
  if (!client.getServerCapabilities()?.tools) return [];
  const tools = new Map<string, ToolDefinition>();
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await client.request({ method: "tools/list", params }, anyPage, options);
    for (const tool of validTools(answer, onInvalidTool)) {
      if (tools.has(tool.name)) onInvalidTool(tool.name, "its name came before");
      else tools.set(tool.name, tool);
    }
    const { nextCursor } = answer;
    if (typeof nextCursor !== "string" || tools.size > toolsMax) break;
    cursor = nextCursor;
  }
  if (tools.size > toolsMax) onInvalidTool("the rest", `a server gives ${toolsMax} tools at most`);
  return [...tools.values()].slice(0, toolsMax);
}

function validTools(
  { tools }: JsonObject,
  onInvalidTool: (name: string, why: string) => void,
): ToolDefinition[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((value: unknown) => {
    const tool = readToolDefinition(value);
    if (typeof tool !== "string") return [tool];
    onInvalidTool(isObject(value) ? String(value.name).slice(0, 64) : "", tool);
    return [];
  });
}

/** The SDK's own schema refuses a whole page for one bad tool. */
const anyPage: StandardSchemaV1<unknown, JsonObject> = {
  "~standard": {
    version: 1,
    vendor: "aibridge",
    validate: (value) =>
      isObject(value) ? { value } : { issues: [{ message: "a page of tools is an object" }] },
  },
};
