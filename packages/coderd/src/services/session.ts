import {
  type SessionService,
  type SummarizeUsageRequest,
  UsageGrouping,
} from "@aibridge/proto/coder/aibridge/v1/session";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { type UserCaller, userCaller } from "../auth/caller.ts";
import type { InterceptionFilter } from "../store/record/read-interceptions.ts";
import type { SessionDetail } from "../store/record/read-sessions.ts";
import type { UsageGrouping as StoreGrouping } from "../store/record/summarize-usage.ts";
import type { ServiceContext } from "./context.ts";
import { timeTokens } from "./paging.ts";
import {
  dateFrom,
  filterFrom,
  readableUser,
  requireReadable,
  statusFrom,
} from "./record-filter.ts";
import { detailMessage, sessionMessage, totalsOf } from "./record-messages.ts";
import { invalidArgument, requireUuid } from "./validate.ts";

const pages = timeTokens("sessions");
const dayMs = 24 * 3_600_000;
const rangeDaysDefault = 30;
const rangeDaysMax = 366;
const groupsMax = 10_000;

/** Reads the record, conversation by conversation. Members see their own only. */
export function sessionService({ store, now }: ServiceContext): ServiceImpl<typeof SessionService> {
  return {
    async listSessions(request, { values }) {
      const page = await store.record.listSessions({
        ...pages.parse(request),
        userId: readableUser("user_id", request.userId, userCaller(values)),
        client: request.client || undefined,
        clientSessionId: request.clientSessionId || undefined,
        providerName: request.providerName || undefined,
        model: request.model || undefined,
        status: statusFrom("status", request.status),
        activeSince: dateFrom("active_since", request.activeSince),
        activeUntil: dateFrom("active_until", request.activeUntil),
      });
      return { sessions: page.items.map(sessionMessage), nextPageToken: pages.nextOf(page) };
    },
    async getSession(request, { values }) {
      const id = requireUuid("id", request.id);
      // Whose it is decides before all that is in it is read.
      const owner = await store.record.getSessionOwner(id);
      requireReadable(owner, owner, userCaller(values), "session");
      const detail = await store.record.getSession(id);
      const { session, turns } = requireReadable(detail, owner, userCaller(values), "session");
      return { session: sessionMessage(session), threads: threadsFrom(turns) };
    },
    async summarizeUsage(request, { values }) {
      const filter = rangeFrom(request, userCaller(values), now());
      const groupings = groupingsFrom(request.groupBy);
      const sums = await store.record.summarizeUsage(groupings, filter, groupsMax + 1);
      if (sums.length > groupsMax) {
        throw new ConnectError(`more than ${groupsMax} groups`, Code.ResourceExhausted);
      }
      return {
        summaries: sums.map((sum) => ({ group: [...sum.names], usage: totalsOf(sum) })),
      };
    },
  };
}

/** The oldest thread first, and in it the oldest turn: the order the turns come in. */
function threadsFrom(turns: SessionDetail["turns"]) {
  const byRoot = Map.groupBy(turns, ({ interception }) => interception.rootId);
  return Array.from(byRoot, ([rootId, ofThread]) => ({
    rootId,
    turns: ofThread.map(detailMessage),
  }));
}

function rangeFrom(
  request: SummarizeUsageRequest,
  caller: UserCaller,
  now: Date,
): InterceptionFilter {
  const filter = filterFrom(request.filter, caller);
  const endMs =
    filter.endTime?.getTime() ?? Math.max(now.getTime(), filter.startTime?.getTime() ?? 0);
  const startTime = filter.startTime ?? new Date(Math.max(0, endMs - rangeDaysDefault * dayMs));
  if (endMs - startTime.getTime() > rangeDaysMax * dayMs) {
    throw invalidArgument("filter", `must be a time range of at most ${rangeDaysMax} days`);
  }
  return { ...filter, startTime };
}

const groupings = new Map<UsageGrouping, StoreGrouping>([
  [UsageGrouping.USER, "user"],
  [UsageGrouping.MODEL, "model"],
  [UsageGrouping.PROVIDER, "provider"],
  [UsageGrouping.CLIENT, "client"],
  [UsageGrouping.DAY, "day"],
]);

function groupingsFrom(groupBy: readonly UsageGrouping[]): StoreGrouping[] {
  const names = groupBy.map((grouping) => groupings.get(grouping));
  const known = names.filter((name) => name !== undefined);
  if (known.length < names.length || new Set(known).size < known.length) {
    throw invalidArgument("group_by", "must be groupings that this coderd knows, each once");
  }
  return known;
}
