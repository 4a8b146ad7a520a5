import { oneOf, optional, textSchema, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";

const kept = oneOf("full", "hash", "off");
const byProvider = textSchema("a text", (text) => text);

/** How much of what people and models say the gateway puts on record. */
export const privacyFlags = {
  recordPrompts: flag(
    "--record-prompts <how>",
    "how prompts are kept: full, hash or off",
    variable("AIBRIDGE_RECORD_PROMPTS", kept, "full"),
  ),
  recordPromptsByProvider: flag(
    "--record-prompts-by-provider <exceptions>",
    "where they are kept otherwise, such as anthropic=hash,openai=off",
    optional("AIBRIDGE_RECORD_PROMPTS_BY_PROVIDER", byProvider),
  ),
  recordToolArguments: flag(
    "--record-tool-arguments <how>",
    "how the arguments of tool calls are kept",
    variable("AIBRIDGE_RECORD_TOOL_ARGUMENTS", kept, "full"),
  ),
  recordToolArgumentsByProvider: flag(
    "--record-tool-arguments-by-provider <exceptions>",
    "where they are kept otherwise",
    optional("AIBRIDGE_RECORD_TOOL_ARGUMENTS_BY_PROVIDER", byProvider),
  ),
  recordThoughts: flag(
    "--record-thoughts <how>",
    "how what models tell of their thinking is kept",
    variable("AIBRIDGE_RECORD_THOUGHTS", kept, "full"),
  ),
  recordThoughtsByProvider: flag(
    "--record-thoughts-by-provider <exceptions>",
    "where it is kept otherwise",
    optional("AIBRIDGE_RECORD_THOUGHTS_BY_PROVIDER", byProvider),
  ),
};
