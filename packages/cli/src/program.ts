import { Command } from "commander";
import { addGatewayKeyCommands } from "./admin/gateway-keys.ts";
import { addKeyCommands } from "./admin/keys.ts";
import { addMcpCommands } from "./admin/mcp.ts";
import { addProviderCommands } from "./admin/providers.ts";
import { addUserCommands } from "./admin/users.ts";
import { addBootstrapCommand } from "./processes/bootstrap.ts";
import { addServiceCommands } from "./processes/commands.ts";
import { addInterceptionCommands } from "./record/interceptions.ts";
import { addSessionCommands } from "./record/sessions.ts";
import { addUsageCommand } from "./record/usage.ts";
import type { Surroundings } from "./surroundings.ts";
import { addUpCommand } from "./up/command.ts";

/** The `aibridge` command, with all its commands. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command("aibridge")
    .description("An AI gateway in two services: aibridged relays, coderd knows who may.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
      // Errors are shown by runCli, in one form with all others.
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: false })
    .helpCommand(true);
  addUpCommand(program, surroundings);
  addServiceCommands(program, surroundings);
  addBootstrapCommand(program, surroundings);
  addUserCommands(program, surroundings);
  addKeyCommands(program, surroundings);
  addGatewayKeyCommands(program, surroundings);
  addProviderCommands(program, surroundings);
  addMcpCommands(program, surroundings);
  addSessionCommands(program, surroundings);
  addInterceptionCommands(program, surroundings);
  addUsageCommand(program, surroundings);
  return program;
}
