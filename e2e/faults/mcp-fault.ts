import { MCPServerAuth } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import type { Coderd } from "@aibridge/testing/harness";
import { expect } from "@jest/globals";
import { withinASecond } from "../within-a-second.ts";
import { createUser } from "../world.ts";
import { McpCallers, type ToolOutcome } from "./mcp-callers.ts";
import { readiness } from "./readiness.ts";
import { readRecord } from "./record.ts";
import { type Scene, settle, startScene } from "./scene.ts";

/** An MCP server, what happens to it, and what undoes that. */
export interface SickServer {
  readonly url: string;
  begin(): Promise<unknown>;
  heal(): Promise<void>;
}

/** Deadlines that are short enough to wait for, and long enough for a busy machine. */
const deadlines = {
  AIBRIDGE_MCP_CALL_TIMEOUT: "1s",
  AIBRIDGE_MCP_CONNECT_TIMEOUT: "2s",
  AIBRIDGE_MCP_LIST_TIMEOUT: "2s",
  AIBRIDGE_MCP_FIRST_WAIT: "10s",
};

/** Users, and agents of each. */
const users = 3;
const agents = 2;
/** Requests that a phase waits for. */
const perPhase = 12;

/**
 * Plays a fault of one of two MCP servers under load, and expects of it what
 * every fault must leave whole, and that it costs that server's tools alone.
 *
 * @param further variables, of both the gateway and coderd
 */
export async function expectItsToolsAlone(
  sick: SickServer,
  wellUrl: string,
  further: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using scene = await startScene(undefined, { ...deadlines, ...further }, further);
  const { coderd, gateway, upstream } = scene;
  const servers = { sick: sick.url, well: wellUrl };
  for (const [id, url] of Object.entries(servers)) {
    const auth = MCPServerAuth.MCP_SERVER_AUTH_NONE;
    await coderd.owner.mcpServers.createMCPServer({ id, url, auth });
  }
  const keys: string[] = [];
  for (let user = 0; user < users; user++) keys.push((await createUser(coderd)).key);
  const callers = new McpCallers(upstream, gateway, {
    servers: Object.keys(servers),
    keys: Array<string[]>(agents).fill(keys).flat(),
  });
  try {
    await callers.until(perPhase, "both work", bothWork);
    await sick.begin();
    await callers.until(perPhase, "one of them works", onlyWellWorks);
    await expectRevoked(callers, coderd);
    expect(await readiness(gateway)).toMatchObject({ status: 200, failing: [] });
    await sick.heal();
    await callers.until(perPhase, "both work again", bothWork);
  } finally {
    await callers.stop();
  }
  await expectServedAndRecorded(scene, callers);
}

const wellWorks = ({ tools }: ToolOutcome) => tools.well === "worked";
const sickWorks = ({ tools }: ToolOutcome) => tools.sick === "worked";
const bothWork = (outcome: ToolOutcome) => wellWorks(outcome) && sickWorks(outcome);
const onlyWellWorks = (outcome: ToolOutcome) => wellWorks(outcome) && !sickWorks(outcome);

/** A key that was revoked is refused, and gets to no tool. */
async function expectRevoked(callers: McpCallers, coderd: Coderd): Promise<void> {
  const mortal = await createUser(coderd);
  await coderd.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
  const refused = () => callers.ask(mortal.key);
  expect(await withinASecond(refused, ({ status }) => status === 403)).toMatchObject({ tools: {} });
}

/** Everybody was served to the end, with the tools of the server that was well, and all is on record. */
async function expectServedAndRecorded(
  { coderd, gateway }: Scene,
  callers: McpCallers,
): Promise<void> {
  const { outcomes, seen } = callers;
  expect(outcomes.filter(({ status, isWhole }) => status !== 200 || !isWhole)).toEqual([]);
  expect(outcomes.filter((outcome) => !wellWorks(outcome))).toEqual([]);
  await settle(gateway);
  const rows = await readRecord(coderd.owner);
  expect(rows.map(({ marker }) => marker).sort()).toEqual([...seen].sort());
  const wrong = rows.filter(
    ({ marker, status, usages }) =>
      status !== "completed" ||
      usages.length !== callers.roundsOf(marker) ||
      usages.some(({ partial }) => partial),
  );
  expect(wrong).toEqual([]);
  const without = outcomes.filter(onlyWellWorks).length;
  process.stderr.write(`${rows.length} requests, ${without} without the tool of the sick server\n`);
}
