import { createLogger } from "@aibridge/runtime";
import type { Command } from "commander";
import { jsonFlag } from "../admin/session.ts";
import { addCommand } from "../command.ts";
import { Failure, usageFailure } from "../failure.ts";
import { facts, show } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { storeFlags } from "./flags.ts";

/** Adds `aibridge bootstrap`. */
export function addBootstrapCommand(program: Command, { env, stdout }: Surroundings): void {
  addCommand(program, env, {
    usage: "bootstrap",
    help: "prepare an empty store: schema, an owner, a first user, a gateway key",
    flags: { ...storeFlags, json: jsonFlag },
    more: "For production; `aibridge up` does it by itself. The keys are shown this once. On a\nstore that is not empty it changes nothing and fails.",
    async run({ databaseUrl, data, json }) {
      if (databaseUrl === undefined && data === undefined) {
        throw usageFailure("which store? Set DATABASE_URL, or --data for an embedded one");
      }
      const { bootstrap, openStore } = await import("@aibridge/coderd");
      const log = createLogger({ name: "bootstrap", level: "warn" });
      await using store = await openStore({ databaseUrl, data }, { log });
      const made = await bootstrap(store);
      if (made === undefined) {
        throw new Failure(
          "not_empty",
          "the store is not empty: it has users already, and nothing was changed. Administer it with an owner's API key",
        );
      }
      const keys = {
        apiKey: made.userKey.reveal(),
        ownerKey: made.ownerKey.reveal(),
        gatewayKey: made.gatewayKey.reveal(),
      };
      show(stdout, json, {
        json: keys,
        text: [
          "The store is ready. These keys are shown this once:",
          "",
          facts({
            "AIBRIDGE_TOKEN (administers)": keys.ownerKey,
            "AIBRIDGE_GATEWAY_KEY (for aibridged)": keys.gatewayKey,
            "API key (for a first agent)": keys.apiKey,
          }),
        ].join("\n"),
      });
    },
  });
}
