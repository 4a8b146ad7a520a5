import { fileURLToPath } from "node:url";
import { StartedProcess } from "@aibridge/testing/harness";
import { jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { expectItsToolsAlone } from "./mcp-fault.ts";

jest.setTimeout(120_000);

const script = fileURLToPath(new URL("mcp-process.ts", import.meta.url));

/** An MCP server in a process of its own. */
interface McpServer extends AsyncDisposable {
  readonly url: string;
  /** The process that runs, or ran last. */
  readonly process: StartedProcess;
  /** Starts it again, after it ended, at the same address. */
  restart(): Promise<void>;
}

async function startServer(): Promise<McpServer> {
  const start = (port: string) =>
    new StartedProcess({ command: process.execPath, args: [script, port], env: {} });
  let running = start("0");
  const { port } = await running.ready();
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    get process() {
      return running;
    },
    async restart() {
      running = start(String(port));
      await running.ready();
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

interface Fault {
  readonly title: string;
  readonly begin: (server: McpServer) => Promise<unknown>;
  readonly heal: (server: McpServer) => Promise<void>;
}

const faults: readonly Fault[] = [
  { title: "killed", begin: ({ process }) => process.kill(), heal: (server) => server.restart() },
  {
    title: "frozen",
    begin: async ({ process }) => process.freeze(),
    heal: async ({ process }) => process.thaw(),
  },
];

for (const { title, begin, heal } of faults) {
  proves(
    ["fault.mcp", "fault.ready", "fault.rows", "fault.dead-key"],
    `an MCP server that is ${title} under load costs its tools alone, and they are back when it is`,
    async () => {
      await using well = await startServer();
      await using sick = await startServer();
      await expectItsToolsAlone(
        { url: sick.url, begin: () => begin(sick), heal: () => heal(sick) },
        well.url,
      );
    },
  );
}
