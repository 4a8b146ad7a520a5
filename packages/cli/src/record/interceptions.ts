import { InterceptionSchema } from "@aibridge/proto/coder/aibridge/v1/interception";
import type { Command } from "commander";
import { adminFlags, openSession } from "../admin/session.ts";
import { json } from "../admin/text.ts";
import { addCommand } from "../command.ts";
import { show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { filterFlags, filterFrom, sinceFlag, untilFlag } from "./filter.ts";
import { firstItems } from "./first-items.ts";
import { interceptionCells, interceptionColumns } from "./interception-text.ts";
import { limitFlag, withMore } from "./limit-flag.ts";

/** Adds `aibridge interceptions`. */
export function addInterceptionCommands(program: Command, { env, stdout }: Surroundings): void {
  const parent = program
    .command("interceptions")
    .description("The record, request by request. Members see their own");
  addCommand(parent, env, {
    usage: "list",
    help: "list interceptions, the newest first",
    flags: {
      ...adminFlags,
      ...filterFlags,
      since: sinceFlag,
      until: untilFlag,
      limit: limitFlag,
    },
    async run(settings) {
      const session = await openSession(settings);
      const filter = await filterFrom(session, settings);
      const found = await firstItems(
        settings.limit,
        (page) => session.interceptions.listInterceptions({ ...page, filter }),
        (page) => page.interceptions,
      );
      show(stdout, settings.json, {
        json: {
          interceptions: found.items.map((each) => json(InterceptionSchema, each)),
          more: found.more,
        },
        text: withMore(table(interceptionColumns, found.items.map(interceptionCells)), found),
      });
    },
  });
}
