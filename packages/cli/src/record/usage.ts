import {
  UsageGrouping,
  type UsageSummary,
  UsageSummarySchema,
} from "@aibridge/proto/coder/aibridge/v1/session";
import { textSchema, variable } from "@aibridge/runtime";
import type { Command } from "commander";
import { adminFlags, openSession } from "../admin/session.ts";
import { json } from "../admin/text.ts";
import { addCommand, flag } from "../command.ts";
import { type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { filterFlags, filterFrom, sinceFlag, untilFlag } from "./filter.ts";
import { shortOrDash } from "./shown-text.ts";
import { usageCells, usageColumns } from "./usage-cells.ts";
import { learnUserNames, type NameOf } from "./user-names.ts";

const groupings = {
  user: UsageGrouping.USER,
  model: UsageGrouping.MODEL,
  provider: UsageGrouping.PROVIDER,
  client: UsageGrouping.CLIENT,
  day: UsageGrouping.DAY,
} as const;

type Grouping = keyof typeof groupings;

const by = textSchema<readonly Grouping[]>(
  "a list, each once, of user, model, provider, client, day",
  (text) => {
    const words = text.split(",").map((word) => word.trim());
    const known = words.filter((word): word is Grouping => Object.hasOwn(groupings, word));
    return known.length === words.length && new Set(words).size === words.length
      ? known
      : undefined;
  },
);

/** Adds `aibridge usage`. */
export function addUsageCommand(program: Command, { env, stdout }: Surroundings): void {
  addCommand(program, env, {
    usage: "usage",
    help: "add up what was used: of the last 30 days, unless --since says otherwise",
    flags: {
      ...adminFlags,
      by: flag(
        "--by <groups>",
        "what to sum by, the outermost first: user, model, provider, client, day",
        variable("AIBRIDGE_BY", by, "model"),
      ),
      ...filterFlags,
      since: sinceFlag,
      until: untilFlag,
    },
    async run(settings) {
      const session = await openSession(settings);
      const { summaries } = await session.sessions.summarizeUsage({
        groupBy: settings.by.map((name) => groupings[name]),
        filter: await filterFrom(session, settings),
      });
      const userAt = settings.json ? -1 : settings.by.indexOf("user");
      const ids = summaries.flatMap(({ group }) => group[userAt] ?? []);
      const nameOf = await learnUserNames(session, ids);
      show(stdout, settings.json, shownUsage(settings.by, summaries, nameOf));
    },
  });
}

function shownUsage(
  columns: readonly Grouping[],
  summaries: readonly UsageSummary[],
  nameOf: NameOf,
): Shown {
  const rows = summaries.map(({ group, usage }) => [
    ...columns.map((column, at) => {
      const name = group[at] ?? "";
      return shortOrDash(column === "user" ? nameOf(name) : name);
    }),
    ...usageCells(usage),
  ]);
  return {
    json: { summaries: summaries.map((each) => json(UsageSummarySchema, each)) },
    text: table([...columns, ...usageColumns], rows),
  };
}
