import { Code, ConnectError } from "@connectrpc/connect";
import type { AdminSession } from "../admin/session.ts";

/** Gives the name of a user's id, or the id where the name isn't known. */
export type NameOf = (userId: string) => string;

/**
 * Learns the names of these users, for people to read. Members may not list
 * users: for them every user keeps the id.
 */
export async function learnUserNames(
  { users }: AdminSession,
  ids: Iterable<string>,
): Promise<NameOf> {
  const missing = new Set(ids);
  const names = new Map<string, string>();
  let pageToken = "";
  try {
    while (missing.size > 0) {
      const page = await users.listUsers({ pageSize: 1000, pageToken, showDeleted: true });
      for (const { id, username } of page.users) if (missing.delete(id)) names.set(id, username);
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
  } catch (error) {
    if (ConnectError.from(error).code !== Code.PermissionDenied) throw error;
  }
  return (id) => names.get(id) ?? id;
}
