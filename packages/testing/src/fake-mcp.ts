export {
  type FakeMcp,
  type FakeMcpOptions,
  type McpRequest,
  startFakeMcp,
} from "./fake-mcp/start.ts";
export type { FakeTool, FakeToolCall } from "./fake-mcp/tools.ts";
export * as mcpTools from "./fake-mcp/tools.ts";
