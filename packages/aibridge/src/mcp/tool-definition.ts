import { isObject, type JsonObject } from "../intercept/json.ts";

/** A tool as its server describes it. */
export interface ToolDefinition {
  /** Its bare name. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its arguments, which is always an object's. */
  readonly inputSchema: JsonObject;
}

/** More than any server has a use for; the specification recommends 128. */
const nameLengthMax = 256;
/** Of description and schema together, as JSON: a model reads them with every request. */
const definitionLengthMax = 32 * 1_024;

/** The tool, or why it can't be offered, in words for a log. */
export function readToolDefinition(value: unknown): ToolDefinition | string {
  if (!isObject(value)) return "it is no object";
  const { name, description = "", inputSchema } = value;
  if (typeof name !== "string" || name === "" || name.length > nameLengthMax) {
    return `its name is no text of 1 to ${nameLengthMax} characters`;
  }
  if (typeof description !== "string") return "its description is no text";
  if (!isObject(inputSchema) || inputSchema.type !== "object") {
    return "its input schema is not that of an object";
  }
  if (description.length + JSON.stringify(inputSchema).length > definitionLengthMax) {
    return `description and input schema are longer than ${definitionLengthMax} characters`;
  }
  return { name, description, inputSchema };
}
