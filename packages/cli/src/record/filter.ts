import {
  type RecordFilter,
  RecordFilterSchema,
} from "@aibridge/proto/coder/aibridge/v1/interception";
import { oneOf, optional, textSchema } from "@aibridge/runtime";
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { userIdOf } from "../admin/find-user.ts";
import type { AdminSession } from "../admin/session.ts";
import { flag, type SettingsOf } from "../command.ts";
import { instant } from "./instant.ts";
import { statuses } from "./status.ts";

const anyText = textSchema("a text", (text) => text);

/** Whose. Of a command that reads the record. */
const userFlag = flag(
  "--user <user>",
  "only of this user, by name or id",
  optional("AIBRIDGE_USER", anyText),
);

/** Which program's. */
const clientFlag = flag(
  "--client <client>",
  "only of this client, such as 'Claude Code'",
  optional("AIBRIDGE_CLIENT", anyText),
);

/** From when on. */
export const sinceFlag = flag(
  "--since <when>",
  "not before: 30m, 12h or 7d ago, a day (2026-11-23), or a time (2026-11-23T18:00Z)",
  optional("AIBRIDGE_SINCE", instant),
);

/** Until when. */
export const untilFlag = flag(
  "--until <when>",
  "before: written like --since",
  optional("AIBRIDGE_UNTIL", instant),
);

/** What selects interceptions, but for when. */
export const filterFlags = {
  user: userFlag,
  provider: flag(
    "--provider <name>",
    "only to this provider",
    optional("AIBRIDGE_PROVIDER", anyText),
  ),
  model: flag(
    "--model <model>",
    "only for this model, as the client named it",
    optional("AIBRIDGE_MODEL", anyText),
  ),
  client: clientFlag,
  session: flag("--session <id>", "only of this session", optional("AIBRIDGE_SESSION", anyText)),
  status: flag(
    "--status <status>",
    "only what ended so: completed, failed, cancelled or interrupted",
    optional("AIBRIDGE_STATUS", oneOf("completed", "failed", "cancelled", "interrupted")),
  ),
};

/** The filter that the flags mean. Asks coderd for the id of a user who is named. */
export async function filterFrom(
  session: AdminSession,
  settings: SettingsOf<typeof filterFlags> & {
    readonly since?: Date | undefined;
    readonly until?: Date | undefined;
  },
): Promise<RecordFilter> {
  const { user, since, until, status } = settings;
  return create(RecordFilterSchema, {
    userId: user === undefined ? "" : await userIdOf(session, user),
    providerName: settings.provider ?? "",
    model: settings.model ?? "",
    client: settings.client ?? "",
    sessionId: settings.session ?? "",
    ...(status !== undefined && { status: statuses[status] }),
    ...(since !== undefined && { startTime: timestampFromDate(since) }),
    ...(until !== undefined && { endTime: timestampFromDate(until) }),
  });
}
