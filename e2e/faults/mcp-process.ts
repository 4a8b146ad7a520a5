import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { startSocketRelay } from "../socket-relay.ts";

/**
 * An MCP server by the official SDK with a tool `echo`, in a process of its own,
 * at the port and host that its arguments name, so that it can come back where
 * it was; port 0 for any. Prints its port.
 */
const [port = "0", host = "127.0.0.1"] = process.argv.slice(2);
const server = await startFakeMcp({ tools: [mcpTools.echoing("echo")] });
const near = { host: "127.0.0.1", port: Number(new URL(server.url).port) };
const relay = await startSocketRelay(near, { host, port: Number(port) });
process.stdout.write(`${JSON.stringify({ port: relay.port })}\n`);
