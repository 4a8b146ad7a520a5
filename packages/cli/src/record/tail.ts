import type { Writable } from "node:stream";
import {
  type Interception,
  InterceptionSchema,
  RecordFilterSchema,
} from "@aibridge/proto/coder/aibridge/v1/interception";
import { durationBetween, stopSignals, variable } from "@aibridge/runtime";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import { everyPage } from "../admin/pages.ts";
import { adminFlags, openSession } from "../admin/session.ts";
import { json } from "../admin/text.ts";
import { addCommand, flag } from "../command.ts";
import { show } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { filterFlags, filterFrom, sinceFlag } from "./filter.ts";
import { follow } from "./follow.ts";
import { interceptionCells } from "./interception-text.ts";

const intervalFlag = flag(
  "--interval <time>",
  "how often to ask coderd",
  variable("AIBRIDGE_INTERVAL", durationBetween(100, 60_000), "1s"),
);

/** Adds `aibridge sessions tail`: a line when a request starts, and one when it has ended. */
export function addTailCommand(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "tail",
    help: "show what happens as it happens, until Ctrl-C",
    flags: { ...adminFlags, ...filterFlags, since: sinceFlag, interval: intervalFlag },
    async run(settings) {
      const session = await openSession(settings);
      const filter = await filterFrom(session, { ...settings, since: undefined });
      const list = (since: Date, signal: AbortSignal) => {
        const from = { ...filter, startTime: timestampFromDate(since) };
        return everyPage(
          (page) =>
            session.interceptions.listInterceptions(
              { ...page, filter: create(RecordFilterSchema, from) },
              { signal },
            ),
          (page) => page.interceptions,
        );
      };
      await untilStopped(stdout, (signal) =>
        follow(
          {
            list,
            since: settings.since ?? new Date(),
            intervalMs: settings.interval,
            onChange: (interception) => show(stdout, settings.json, shown(interception)),
          },
          signal,
        ),
      );
    },
  });
}

/** Runs until Ctrl-C, SIGTERM, or until nobody reads the output any more (`| head`). */
async function untilStopped(
  stdout: Writable,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const onStop = () => stop.abort();
  const forget = stopSignals(onStop);
  stdout.on("error", onStop);
  try {
    await run(stop.signal);
  } finally {
    forget();
    stdout.removeListener("error", onStop);
  }
}

function shown(interception: Interception) {
  const widths = [20, 11, 7, 16, 24, 16, 30, 0];
  const cells = interceptionCells(interception).map((cell, at) => cell.padEnd(widths[at] ?? 0));
  return {
    json: { interception: json(InterceptionSchema, interception) },
    text: cells.join("  ").trimEnd(),
  };
}
