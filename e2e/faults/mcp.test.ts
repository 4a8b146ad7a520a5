import { fileURLToPath } from "node:url";
import { StartedProcess } from "@aibridge/testing/harness";
import { jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { expectItsToolsAlone } from "./mcp-fault.ts";

jest.setTimeout(120_000);

const script = fileURLToPath(new URL("mcp-process.ts", import.meta.url));

async function startServer(port = 0) {
  const { execPath: command } = process;
  const server = new StartedProcess({ command, args: [script, String(port)], env: {} });
  const { port: taken } = await server.ready();
  return { server, port: Number(taken), url: `http://127.0.0.1:${taken}/mcp` };
}

proves(
  ["fault.mcp", "fault.ready", "fault.rows", "fault.dead-key"],
  "an MCP server that is killed under load costs its tools alone, and they are back when it is",
  async () => {
    await using stack = new AsyncDisposableStack();
    const well = await startServer();
    stack.use(well.server);
    const first = await startServer();
    stack.use(first.server);
    await expectItsToolsAlone(
      {
        url: first.url,
        async begin() {
          await first.server.kill();
        },
        async heal() {
          stack.use((await startServer(first.port)).server);
        },
      },
      well.url,
    );
  },
);

proves(
  ["fault.mcp", "fault.ready", "fault.rows", "fault.dead-key"],
  "an MCP server that is frozen under load costs its tools alone, and they are back when it is",
  async () => {
    await using stack = new AsyncDisposableStack();
    const well = await startServer();
    stack.use(well.server);
    const { server, url } = await startServer();
    stack.use(server);
    const sick = { url, begin: async () => server.freeze(), heal: async () => server.thaw() };
    await expectItsToolsAlone(sick, well.url);
  },
);
