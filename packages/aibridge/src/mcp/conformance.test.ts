import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const run = promisify(execFile);
const packageFile = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/conformance/package.json",
);
const cli = join(dirname(packageFile), "dist/index.js");
const client = fileURLToPath(new URL("test-conformance-client.ts", import.meta.url));

/** The scenarios for a client that speaks streamable HTTP, lists tools and calls them. */
const applying = ["initialize", "sse-retry", "tools_call"];

const coderds = "coderd logs users in and refreshes; the gateway is given a token for the server";
const nobodyToAsk = "a gateway has nobody to ask, so it does not offer elicitation";

/** The others, and why. */
const notApplying: Readonly<Record<string, string>> = {
  "auth/2025-03-26-oauth-endpoint-fallback": coderds,
  "auth/2025-03-26-oauth-metadata-backcompat": coderds,
  "auth/basic-cimd": coderds,
  "auth/client-credentials-basic": coderds,
  "auth/client-credentials-jwt": coderds,
  "auth/cross-app-access-complete-flow": coderds,
  "auth/metadata-default": coderds,
  "auth/metadata-var1": coderds,
  "auth/metadata-var2": coderds,
  "auth/metadata-var3": coderds,
  "auth/offline-access-not-supported": coderds,
  "auth/offline-access-scope": coderds,
  "auth/pre-registration": coderds,
  "auth/resource-mismatch": coderds,
  "auth/scope-from-scopes-supported": coderds,
  "auth/scope-from-www-authenticate": coderds,
  "auth/scope-omitted-when-undefined": coderds,
  "auth/scope-retry-limit": coderds,
  "auth/scope-step-up": coderds,
  "auth/token-endpoint-auth-basic": coderds,
  "auth/token-endpoint-auth-none": coderds,
  "auth/token-endpoint-auth-post": coderds,
  "elicitation-sep1034-client-defaults": nobodyToAsk,
};

/** The checks of a scenario, by their ids, less those that only inform. */
async function checksOf(scenario: string): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-conformance-"));
  try {
    const command = `"${process.execPath}" "${client}"`;
    const args = ["client", "--command", command, "--scenario", scenario, "-o", folder];
    const { stdout } = await run(process.execPath, [cli, ...args]).catch((error) => error);
    const [results] = await readdir(folder);
    if (results === undefined) throw new Error(`no results: ${stdout}`);
    const checks: { id: string; status: string }[] = JSON.parse(
      await readFile(join(folder, results, "checks.json"), "utf8"),
    );
    const telling = checks.filter(({ status }) => status !== "INFO");
    return Object.fromEntries(telling.map(({ id, status }) => [id, status]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

// proves: mcp.conformance
test("every scenario for clients either applies, or has a reason why not", async () => {
  const { stdout } = await run(process.execPath, [cli, "list", "--client"]);
  const scenarios = Array.from(stdout.matchAll(/^ *- (\S+)/gm), ([, name]) => name);
  expect(scenarios.sort()).toEqual([...applying, ...Object.keys(notApplying)].sort());
});

// proves: mcp.conformance
test.each([
  { scenario: "initialize", checks: { "mcp-client-initialization": "SUCCESS" } },
  { scenario: "tools_call", checks: { "tool-add-numbers": "SUCCESS" } },
  {
    scenario: "sse-retry",
    checks: {
      "client-sse-graceful-reconnect": "SUCCESS",
      // A busy machine may be late by a little, of which it warns: the protocol doesn't mind.
      "client-sse-retry-timing": expect.stringMatching(/^(SUCCESS|WARNING)$/),
      "client-sse-last-event-id": "SUCCESS",
    },
  },
])(
  "the client passes $scenario",
  async ({ scenario, checks }) => {
    expect(applying).toContain(scenario);
    expect(await checksOf(scenario)).toEqual(checks);
  },
  60_000,
);
