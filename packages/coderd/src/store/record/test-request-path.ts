import { createHash } from "node:crypto";
import type { Store } from "../store.ts";
import { batchOf, userOf } from "./test-history.ts";

const dayMs = 24 * 3_600_000;

/** What requests, of agents or of people, make the store do at this time; lists by `size`. */
export async function requestPath(
  { authorizations, record }: Store,
  now: Date,
  size: number,
): Promise<Readonly<Record<string, () => Promise<unknown>>>> {
  const page = { size };
  const userId = userOf(7);
  const [latest] = (await record.listSessions({ size: 1 })).items;
  const gatewayKeyHash = createHash("sha256").update("none").digest();
  const since = (days: number) => ({ startTime: new Date(now.getTime() - days * dayMs) });
  const usage = (days: number) => record.summarizeUsage(["model", "day"], since(days), 10_001);
  return {
    "authorize a key": () => authorizations.read({ gatewayKeyHash, apiKeyId: "AAAAAAAAAA" }),
    "record 500 events": () => record.write(batchOf(now, 100)),
    "list sessions": () => record.listSessions(page),
    "list sessions of a user": () => record.listSessions({ ...page, userId }),
    "list sessions of a model": () => record.listSessions({ ...page, model: "model-3" }),
    "list failed sessions": () => record.listSessions({ ...page, status: "failed" }),
    "list sessions of no model": () => record.listSessions({ ...page, model: "none" }),
    "list interceptions": () => record.listInterceptions(page),
    "get a session": () => record.getSession(latest?.id ?? ""),
    "sum usage of 2 days": () => usage(2),
    "sum usage of 30 days": () => usage(30),
  };
}
