import { MCPServerAuth } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { mcpTools, startFakeMcp } from "@aibridge/testing/fake-mcp";
import { messages } from "@aibridge/testing/fake-upstream";
import { expect } from "@jest/globals";
import { ask, bearer } from "./ask.ts";
import { proves } from "./proves.ts";
import { createUser, shareWorld } from "./world.ts";

/** A busy machine may take longer than a user should. */
const world = shareWorld({
  env: {
    AIBRIDGE_MCP_FIRST_WAIT: "25s",
    AIBRIDGE_MCP_CONNECT_TIMEOUT: "25s",
    AIBRIDGE_MCP_LIST_TIMEOUT: "25s",
  },
});

proves(
  ["mcp.session-key.direct", "mcp.session-key.delegated", "mcp.headers", "mcp.filter"],
  "servers that coderd was told of are reached by direct and delegated requests, each as it may",
  async () => {
    const { pair, upstream } = world();
    upstream.always("messages", messages.text("hello"));
    await using coders = await startFakeMcp({ tools: [mcpTools.echoing("c")] });
    await using others = await startFakeMcp({ tools: ["get", "set"].map(mcpTools.echoing) });
    const { mcpServers } = pair.owner;
    await mcpServers.createMCPServer({
      id: "coder",
      url: coders.url,
      auth: MCPServerAuth.MCP_SERVER_AUTH_CODER,
    });
    await mcpServers.createMCPServer({
      id: "others",
      url: others.url,
      auth: MCPServerAuth.MCP_SERVER_AUTH_NONE,
      toolAllowRegex: "^get",
      headers: { "x-tenant": "seventeen" },
    });

    const user = await createUser(pair);
    const delegated = await ask(pair.gatewayUrl, "messages", [
      ["X-Coder-AI-Gateway-Key", pair.gatewayKey],
      ["X-Coder-AI-Gateway-Delegated-Key-ID", user.keyId],
      ["X-Coder-AI-Gateway-Source", "agents"],
    ]);
    expect(delegated.status).toBe(200);
    expect(coders.requests).toEqual([]);
    expect(others.requestsOf("tools/list")).toHaveLength(1);
    expect(new Set(others.requests.map((request) => request.headers["x-tenant"]))).toEqual(
      new Set(["seventeen"]),
    );

    const direct = await ask(pair.gatewayUrl, "messages", bearer(user.key));
    expect(direct.status).toBe(200);
    expect(coders.bearers).toEqual([user.key]);
    expect(others.bearers).toEqual([undefined]);
    const [first, second] = upstream.requests.map((request) => request.body.toString());
    expect(first).toContain("bmcp_others_get");
    expect(first).not.toContain("bmcp_others_set");
    expect(first).not.toContain("bmcp_coder_c");
    expect(second).toContain("bmcp_coder_c");
  },
);
