import { booleanFlag, deadline, durationBetween, variable } from "@aibridge/runtime";
import type { Command } from "commander";
import open from "open";
import { addCommand, flag } from "../command.ts";
import { Failure } from "../failure.ts";
import { show } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { listenForLogin, type Returned } from "./mcp-callback.ts";
import { shownServer } from "./mcp-servers.ts";
import { type AdminSession, adminFlags, openSession } from "./session.ts";

/** coderd forgets a login after 10 minutes. */
const timeoutMsMax = 600_000;

/** Set by two flags, of which the first keeps commander from a default of its own. */
const opensBrowser = variable("AIBRIDGE_BROWSER", booleanFlag, "true");

/** Adds `aibridge mcp login`. */
export function addMcpLoginCommand(parent: Command, surroundings: Surroundings): void {
  const { env, stdout, stderr } = surroundings;
  addCommand(parent, env, {
    usage: "login <id>",
    help: "give gateways access to an MCP server in your name; opens a browser",
    flags: {
      ...adminFlags,
      browser: flag("--browser", "open the URL in a browser", opensBrowser),
      noBrowser: flag("--no-browser", "only print it", opensBrowser),
      timeoutMs: flag(
        "--timeout <duration>",
        "how long to wait for you",
        variable("AIBRIDGE_LOGIN_TIMEOUT", durationBetween(1_000, timeoutMsMax), "5m"),
      ),
    },
    async run({ browser, timeoutMs, ...settings }, id = "") {
      const { mcpServers } = await openSession(settings);
      await using callback = await listenForLogin();
      const { redirectUri } = callback;
      const begun = await mcpServers.startMCPServerLogin({ id, redirectUri });
      stderr.write(`Log in to ${id} by this URL:\n\n  ${begun.authorizationUrl}\n\n`);
      if (browser) await tryToOpen(begun.authorizationUrl);
      using limit = deadline(timeoutMs);
      const returned = await callback.returned(begun.state, limit.signal);
      if (returned === undefined) {
        throw new Failure("timeout", "nobody logged in in time. Run it again, or raise --timeout");
      }
      show(stdout, settings.json, shownServer(await complete(mcpServers, returned, id)));
    },
  });
}

async function complete(
  mcpServers: AdminSession["mcpServers"],
  { parameters, answer }: Returned,
  id: string,
) {
  try {
    const { mcpServer } = await mcpServers.completeMCPServerLogin({ parameters });
    answer(`You are logged in to ${id}. You can close this window.`);
    return mcpServer;
  } catch (error) {
    answer(`The login to ${id} failed: the terminal says why. You can close this window.`);
    throw error;
  }
}

/** The URL is printed anyway: a machine without a browser is no failure. */
async function tryToOpen(url: string): Promise<void> {
  if (!/^https?:\/\//.test(url)) return;
  try {
    const browser = await open(url);
    browser.on("error", () => {}).unref();
  } catch {
    // As above.
  }
}
