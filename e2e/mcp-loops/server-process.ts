import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";

/** An MCP server by the official SDK, in a process of its own. Prints its URL. */
const server = await startFakeMcp({
  tools: [
    mcpTools.echoing("echo"),
    mcpTools.failing("fail", "no such city"),
    mcpTools.hanging("hang"),
    mcpTools.large("large", 5 * 1_024 * 1_024),
    mcpTools.picturesque("picture"),
    { name: "die", run: () => process.kill(process.pid, "SIGKILL") && { content: [] } },
  ],
});
process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
