import type { ListSessionsRequestSchema } from "@aibridge/proto/coder/aibridge/v1/session";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { userIdOf } from "../admin/find-user.ts";
import type { AdminSession } from "../admin/session.ts";
import { flag, type SettingsOf } from "../command.ts";
import { filterFlags, sinceFlag, untilFlag } from "./filter.ts";
import { statuses } from "./status.ts";

const { user, client, provider, model, session, status } = filterFlags;

/** What selects sessions. Flags that interceptions have too mean: any of the session's. */
export const sessionFilterFlags = {
  user,
  client,
  provider: flag(provider.term, "only with a request to this provider", provider.field),
  model: flag(model.term, "only with a request for this model", model.field),
  status: flag(
    status.term,
    "only with a request that ended so: completed, failed, cancelled or interrupted",
    status.field,
  ),
  session: flag(session.term, "only what the client calls by this id", session.field),
  since: flag(
    sinceFlag.term,
    "only what was active since then: 30m, 12h or 7d ago, a day, or a time",
    sinceFlag.field,
  ),
  until: flag(untilFlag.term, "only what was active last before then", untilFlag.field),
};

/** The part of a request that the flags mean. Asks coderd for the id of a user who is named. */
export async function sessionFilterFrom(
  admin: AdminSession,
  settings: SettingsOf<typeof sessionFilterFlags>,
): Promise<MessageInitShape<typeof ListSessionsRequestSchema>> {
  const { since, until } = settings;
  return {
    userId: settings.user === undefined ? "" : await userIdOf(admin, settings.user),
    client: settings.client ?? "",
    providerName: settings.provider ?? "",
    model: settings.model ?? "",
    clientSessionId: settings.session ?? "",
    ...(settings.status !== undefined && { status: statuses[settings.status] }),
    ...(since !== undefined && { activeSince: timestampFromDate(since) }),
    ...(until !== undefined && { activeUntil: timestampFromDate(until) }),
  };
}
