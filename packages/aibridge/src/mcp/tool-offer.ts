import type { McpConnection } from "./mcp-connection.ts";
import type { ToolDefinition } from "./tool-definition.ts";
import { nameTools } from "./tool-names.ts";
import type { InjectedTool } from "./toolbox.ts";

/** What the servers of a user offer at one moment. */
export interface ToolOffer {
  readonly tools: readonly InjectedTool[];
  /** How many tools were left out because there are too many. */
  readonly leftOut: number;
  /** Who answers to a name. */
  readonly byName: ReadonlyMap<string, OfferedTool>;
}

/** A tool, and the connection that it is called by. */
interface OfferedTool {
  readonly connection: McpConnection;
  readonly definition: ToolDefinition;
}

/** What one request may get: they all go to the model, each time. */
const toolsMax = 512;
const definitionsLengthMax = 1_024 * 1_024;

/** The tools of all connections under their names, as many as one request may get. */
export function offerTools(connections: readonly McpConnection[]): ToolOffer {
  const named = nameTools(
    connections.flatMap((connection) =>
      connection.tools.map((definition) => ({
        serverId: connection.server.id,
        toolName: definition.name,
        connection,
        definition,
      })),
    ),
  );
  const tools: InjectedTool[] = [];
  const byName = new Map<string, OfferedTool>();
  let length = 0;
  for (const [name, { serverId, toolName, connection, definition }] of named) {
    const { description, inputSchema } = definition;
    length += description.length + JSON.stringify(inputSchema).length;
    if (tools.length === toolsMax || length > definitionsLengthMax) break;
    const { url: serverUrl } = connection.server;
    tools.push({ name, description, inputSchema, serverId, serverUrl, toolName });
    byName.set(name, { connection, definition });
  }
  return { tools, byName, leftOut: named.size - tools.length };
}
