import { choosesFreely, injectTools } from "../inject-tools.ts";
import type { ToolFormat } from "../tool-format.ts";

/** First, for tools head the prompt that is cached: those of the gateway change least. */
export const inject: ToolFormat["inject"] = (body, request, tools) => {
  if (!choosesFreely(request.tool_choice)) return undefined;
  return injectTools(body, request, tools, {
    place: "first",
    definitionOf: ({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: inputSchema,
    }),
  });
};
