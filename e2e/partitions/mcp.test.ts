import { fileURLToPath } from "node:url";
import { StartedProcess } from "@aibridge/testing/harness";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { jest } from "@jest/globals";
import { expectItsToolsAlone } from "../faults/mcp-fault.ts";
import { proves } from "../proves.ts";
import { createNamespace, missingForNamespaces, type Namespace, within } from "./namespace.ts";

jest.setTimeout(120_000);

const script = fileURLToPath(new URL("../faults/mcp-process.ts", import.meta.url));
const port = 7_070;

function startWithin(namespace: Namespace): StartedProcess {
  const listen = [script, String(port), "0.0.0.0"];
  const { command, args, path } = within(namespace, process.execPath, listen);
  return new StartedProcess({ command, args, env: { PATH: path } });
}

suiteThatNeeds(await missingForNamespaces(), "an MCP server behind a network", () => {
  proves(
    ["fault.mcp", "fault.ready", "fault.rows", "fault.dead-key"],
    "while its packets are dropped under load its tools alone are lost, and they are back when it is",
    async () => {
      await using namespace = await createNamespace(4);
      await using server = startWithin(namespace);
      await server.ready();
      const sick = {
        url: `http://${namespace.breakable}:${port}/mcp`,
        begin: () => namespace.drop(),
        heal: () => namespace.pass(),
      };
      // These networks are kept for tests (RFC 2544), which is neither public nor merely private.
      await expectItsToolsAlone(sick, `http://${namespace.steady}:${port}/mcp`, {
        AIBRIDGE_PRIVATE_UPSTREAMS: "allow-link-local",
      });
    },
  );
});
