import type { Migration } from "kysely/migration";
import { identity } from "./0001-identity.ts";
import { record } from "./0002-record.ts";
import { recordSummaries } from "./0003-record-summaries.ts";
import { invalidations } from "./0004-invalidations.ts";
import { mcp } from "./0005-mcp.ts";
import { providerKeys } from "./0006-provider-keys.ts";

/**
 * Every migration there ever was, applied in the order of the names. They only
 * go forward: one that has been released is never changed, and what it did is
 * undone by another.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-identity": identity,
  "0002-record": record,
  "0003-record-summaries": recordSummaries,
  "0004-invalidations": invalidations,
  "0005-mcp": mcp,
  "0006-provider-keys": providerKeys,
};
