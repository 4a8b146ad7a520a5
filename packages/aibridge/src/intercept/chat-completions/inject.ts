import { choosesFreely, injectTools } from "../inject-tools.ts";
import type { ToolFormat } from "../tool-format.ts";

/**
 * Members of a request with which no tool is added: those of the predecessor of
 * `tools`, a spoken answer (it can't be put together), and a predicted one (the
 * API takes no tools beside it).
 */
const excluding = ["functions", "function_call", "audio", "prediction"];

/** Last, so that the client's own tools keep their place in what a provider caches. */
export const inject: ToolFormat["inject"] = (body, request, tools) => {
  const { n, tool_choice } = request;
  // Of several choices each would go on by itself.
  const isOneChoice = n === undefined || n === null || n === 1;
  const isExcluded = excluding.some(
    (name) => request[name] !== undefined && request[name] !== null,
  );
  if (!isOneChoice || isExcluded || !choosesFreely(tool_choice)) return undefined;
  return injectTools(body, request, tools, {
    place: "last",
    definitionOf: ({ name, description, inputSchema }) => ({
      type: "function",
      function: { name, description, parameters: inputSchema },
    }),
  });
};
