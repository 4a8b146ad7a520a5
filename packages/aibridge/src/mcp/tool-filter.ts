import { RE2JS } from "re2js";

/** Whether a tool may be offered, by its bare name. */
export type ToolFilter = (toolName: string) => boolean;

/**
 * Deny beats allow; a pattern matches if it matches somewhere; an empty one
 * says nothing (wire.md, section 8). RE2 matches in time that is linear in the
 * name, whatever the pattern.
 *
 * @throws if a pattern is not RE2. Nothing may be offered then: a deny pattern
 *   that can't be read must not let everything in.
 */
export function createToolFilter(allowRegex: string, denyRegex: string): ToolFilter {
  const allow = allowRegex === "" ? undefined : RE2JS.compile(allowRegex);
  const deny = denyRegex === "" ? undefined : RE2JS.compile(denyRegex);
  return (toolName) => {
    if (deny?.matcher(toolName).find()) return false;
    return allow?.matcher(toolName).find() ?? true;
  };
}
