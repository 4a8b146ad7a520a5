import { Server } from "@modelcontextprotocol/server";
import type { FakeTool, FakeToolCall } from "./tools.ts";

/** What a fake shows to each of its clients. */
export interface Shown {
  readonly tools: () => readonly FakeTool[];
  readonly pageSize: number;
  readonly onCall: (call: FakeToolCall) => void;
}

/** One server of the official SDK, as it stands between one client and the tools. */
export function serverFor({ tools, pageSize, onCall }: Shown): Server {
  const server = new Server(
    { name: "fake", version: "1.0.0" },
    { capabilities: { tools: { listChanged: true } } },
  );
  server.setRequestHandler("tools/list", ({ params }) => {
    const from = Number(params?.cursor ?? 0);
    const all = tools();
    const more = from + pageSize < all.length;
    return {
      tools: all.slice(from, from + pageSize).map(({ name, description, inputSchema }) => ({
        name,
        ...(description !== undefined && { description }),
        inputSchema: { type: "object", ...inputSchema },
      })),
      ...(more && { nextCursor: String(from + pageSize) }),
    };
  });
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const tool = tools().find(({ name }) => name === params.name);
    if (!tool) throw new Error(`no tool ${params.name}`);
    const call = { tool: tool.name, args: params.arguments ?? {}, signal: context.mcpReq.signal };
    onCall(call);
    return tool.run(call);
  });
  return server;
}
