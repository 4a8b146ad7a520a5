import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The agents of `package.json`, by the names of their commands. */
export type Agent = "claude" | "codex" | "opencode";

/** The path of an agent's command. */
export function commandOf(agent: Agent): string {
  return fileURLToPath(new URL(`node_modules/.bin/${agent}`, import.meta.url));
}

/** Why an agent can't be run here; undefined if it can. */
export function missing(agent: Agent): string | undefined {
  return existsSync(commandOf(agent))
    ? undefined
    : `${agent} is not installed; npm ci --prefix e2e/agents installs it`;
}
