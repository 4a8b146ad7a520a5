import { choosesFreely, injectTools } from "../inject-tools.ts";
import type { ToolFormat } from "../tool-format.ts";

/**
 * Last, so that the client's own tools keep their place in what a provider
 * caches. None in the background, where nobody waits for the answer to run
 * them, and none where a stored prompt brings its own.
 */
export const inject: ToolFormat["inject"] = (body, request, tools) => {
  const { background, prompt, tool_choice } = request;
  const hasPrompt = prompt !== undefined && prompt !== null;
  if (background === true || hasPrompt || !choosesFreely(tool_choice)) return undefined;
  return injectTools(body, request, tools, {
    place: "last",
    // Strict is the default here, and asks of a schema what those of MCP servers needn't have.
    definitionOf: ({ name, description, inputSchema }) => ({
      type: "function",
      name,
      description,
      parameters: inputSchema,
      strict: false,
    }),
  });
};
