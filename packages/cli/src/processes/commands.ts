import { booleanFlag, type ConfigSource, parseConfig, variable } from "@aibridge/runtime";
import type { Command } from "commander";
import { jsonFlag } from "../admin/session.ts";
import { addSourceCommand } from "../command.ts";
import type { Surroundings } from "../surroundings.ts";
import { aibridgedFlags, coderdFlags, logLevelFlag, processFlags } from "./flags.ts";
import { runService } from "./run-service.ts";

/** Adds `aibridge coderd` and `aibridge aibridged`: one service each, in the foreground. */
export function addServiceCommands(program: Command, surroundings: Surroundings): void {
  const { env } = surroundings;
  const shared = { ...processFlags, logLevel: logLevelFlag("info"), json: jsonFlag };
  addSourceCommand(program, env, {
    usage: "coderd",
    help: "run coderd in the foreground",
    flags: { ...coderdFlags, ...shared },
    more: "AIBRIDGE_ENCRYPTION_KEYS holds the keys that encrypt provider credentials at rest, the\none to use first: <id>:<base64 of 32 bytes>[,...]. On an empty store, run\n`aibridge bootstrap` first.",
    async run(source) {
      // Loaded when needed: it brings a whole database, which `users list` does without.
      const { parseCoderdConfig, runCoderd } = await import("@aibridge/coderd");
      const config = parseCoderdConfig(source);
      await runService(
        {
          name: "coderd",
          logLevel: config.logLevel,
          json: isJson(source),
          sentence: (ready) => `coderd serves at ${urlOf(ready, "url")}`,
          main: (context) => runCoderd(config, context),
        },
        surroundings,
      );
    },
  });
  addSourceCommand(program, env, {
    usage: "aibridged",
    help: "run the gateway in the foreground",
    flags: { ...aibridgedFlags, ...shared },
    async run(source) {
      const { parseAibridgedConfig, runAibridged } = await import("@aibridge/aibridged");
      const config = parseAibridgedConfig(source);
      await runService(
        {
          name: "aibridged",
          logLevel: config.logLevel,
          json: isJson(source),
          sentence: (ready) =>
            `aibridged serves at ${urlOf(ready, "gatewayUrl")} (health and metrics at ${urlOf(ready, "adminUrl")})`,
          main: (context) => runAibridged(config, context),
        },
        surroundings,
      );
    },
  });
}

function isJson(source: ConfigSource): boolean {
  return parseConfig(source, { json: variable("AIBRIDGE_JSON", booleanFlag, "false") }).json;
}

function urlOf(ready: object, name: string): string {
  return String(new Map<string, unknown>(Object.entries(ready)).get(name) ?? "an unknown address");
}
