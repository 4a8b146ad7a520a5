import type { RecordFilter } from "@aibridge/proto/coder/aibridge/v1/interception";
import {
  InterceptionStatus,
  InterceptionStatusSchema,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { mayRead, type UserCaller } from "../auth/caller.ts";
import type { InterceptionFilter } from "../store/record/read-interceptions.ts";
import { wordOf } from "./enum-words.ts";
import { invalidArgument, requireUuid } from "./validate.ts";

/** The filter, narrowed to what the caller may see; throws if it names what they may not. */
export function filterFrom(
  filter: RecordFilter | undefined,
  caller: UserCaller,
): InterceptionFilter {
  const ifSet = (text: string | undefined) => text || undefined;
  return {
    initiatorId: readableUser("filter.user_id", filter?.userId ?? "", caller),
    providerName: ifSet(filter?.providerName),
    model: ifSet(filter?.model),
    client: ifSet(filter?.client),
    sessionId: filter?.sessionId ? requireUuid("filter.session_id", filter.sessionId) : undefined,
    status: statusFrom("filter.status", filter?.status ?? InterceptionStatus.UNSPECIFIED),
    startTime: dateFrom("filter.start_time", filter?.startTime),
    endTime: dateFrom("filter.end_time", filter?.endTime),
  };
}

/** The word for a status, if it is set; throws invalid_argument if it is unknown. */
export function statusFrom(field: string, status: InterceptionStatus): string | undefined {
  if (InterceptionStatusSchema.value[status] === undefined) {
    throw invalidArgument(field, "must be a status that this coderd knows");
  }
  const isSet = status !== InterceptionStatus.UNSPECIFIED;
  return isSet ? wordOf(InterceptionStatusSchema, status) : undefined;
}

/** Whose record is read; undefined means everybody's. Members read their own only. */
export function readableUser(
  field: string,
  userId: string,
  caller: UserCaller,
): string | undefined {
  if (userId === "") return caller.role === "member" ? caller.userId : undefined;
  const owner = requireUuid(field, userId);
  if (!mayRead(caller, owner)) throw notYours();
  return owner;
}

/** Returns what was found, if the caller may read it. Members can't tell others' from none. */
export function requireReadable<T>(
  found: T | undefined,
  owner: string | undefined,
  caller: UserCaller,
  what: string,
): T {
  if (found !== undefined && mayRead(caller, owner ?? "")) return found;
  // "" is nobody's id: who may read nobody's may read everybody's.
  if (found === undefined && mayRead(caller, "")) {
    throw new ConnectError(`no such ${what}`, Code.NotFound);
  }
  throw notYours();
}

/** A time of a request, if it is set; throws invalid_argument if it is beyond what can be asked. */
export function dateFrom(field: string, time: Timestamp | undefined): Date | undefined {
  if (time === undefined) return undefined;
  const ms = timestampMs(time);
  const isInRange = ms >= 0 && ms < Date.UTC(10_000, 0);
  if (!isInRange) throw invalidArgument(field, "must be between the years 1970 and 9999");
  return new Date(ms);
}

function notYours(): ConnectError {
  return new ConnectError("not of the caller's record", Code.PermissionDenied);
}
