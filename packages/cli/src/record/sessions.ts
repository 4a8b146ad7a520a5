import {
  type GetSessionResponse,
  GetSessionResponseSchema,
  type Session,
  SessionSchema,
  type Thread,
} from "@aibridge/proto/coder/aibridge/v1/session";
import type { Command } from "commander";
import { adminFlags, openSession } from "../admin/session.ts";
import { json, present, time } from "../admin/text.ts";
import { addCommand } from "../command.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { type FirstItems, firstItems } from "./first-items.ts";
import { durationText } from "./interception-text.ts";
import { limitFlag, withMore } from "./limit-flag.ts";
import { sessionFilterFlags, sessionFilterFrom } from "./session-filter.ts";
import { promptText, shortOrDash, shortText } from "./shown-text.ts";
import { statusOf } from "./status.ts";
import { addTailCommand } from "./tail.ts";
import { sumOf, usageCells, usageColumns } from "./usage-cells.ts";
import { learnUserNames, type NameOf } from "./user-names.ts";

/** Adds `aibridge sessions`. */
export function addSessionCommands(program: Command, surroundings: Surroundings): void {
  const parent = program
    .command("sessions")
    .description("The record, conversation by conversation. Members see their own");
  addList(parent, surroundings);
  addShow(parent, surroundings);
  addTailCommand(parent, surroundings);
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list sessions, the one that was active last first",
    flags: {
      ...adminFlags,
      ...sessionFilterFlags,
      limit: limitFlag,
    },
    async run(settings) {
      const session = await openSession(settings);
      const request = await sessionFilterFrom(session, settings);
      const found = await firstItems(
        settings.limit,
        (page) => session.sessions.listSessions({ ...page, ...request }),
        (page) => page.sessions,
      );
      const ids = settings.json ? [] : found.items.map((each) => each.userId);
      show(stdout, settings.json, shownSessions(found, await learnUserNames(session, ids)));
    },
  });
}

function addShow(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "show <id>",
    help: "show a session, turn by turn",
    flags: adminFlags,
    async run(settings, id = "") {
      const session = await openSession(settings);
      const found = await session.sessions.getSession({ id });
      const ids = settings.json ? [] : [present(found.session).userId];
      show(stdout, settings.json, shownSession(found, await learnUserNames(session, ids)));
    },
  });
}

function shownSessions(found: FirstItems<Session>, nameOf: NameOf): Shown {
  const columns = ["id", "user", "client", "started", "last active", ...usageColumns];
  const rows = found.items.map((session) => [
    session.id,
    nameOf(session.userId),
    shortOrDash(session.client),
    time(session.startTime),
    time(session.lastActiveTime),
    ...usageCells(session.usage),
  ]);
  return {
    json: { sessions: found.items.map((each) => json(SessionSchema, each)), more: found.more },
    text: withMore(table(columns, rows), found),
  };
}

function shownSession(found: GetSessionResponse, nameOf: NameOf): Shown {
  const session = present(found.session);
  const pairs = {
    id: session.id,
    user: nameOf(session.userId),
    client: shortOrDash(session.client),
    "client's id": shortOrDash(session.clientSessionId, 256),
    started: time(session.startTime),
    "last active": time(session.lastActiveTime),
    requests: String(session.interceptions),
  };
  const threads = found.threads.map(shownThread);
  const answered = json(GetSessionResponseSchema, found);
  return { json: { ...Object(answered) }, text: [facts(pairs), ...threads].join("\n\n") };
}

function shownThread({ rootId, turns }: Thread): string {
  const columns = ["started", "status", "took", "model", "input", "output", "tools", "prompt"];
  const rows = turns.map(({ interception, tokenUsages, toolUsages, prompts }) => {
    const { startTime, started } = present(interception);
    const [prompt] = prompts;
    return [
      time(startTime),
      statusOf(present(interception)),
      durationText(present(interception)),
      shortOrDash(started?.model ?? "", 40),
      String(sumOf(tokenUsages, (usage) => usage.inputTokens)),
      String(sumOf(tokenUsages, (usage) => usage.outputTokens)),
      shortOrDash(toolUsages.map(({ tool }) => shortText(tool)).join(","), 40),
      prompt === undefined ? "-" : promptText(prompt),
    ];
  });
  return `thread ${rootId}\n${table(columns, rows)}`;
}
