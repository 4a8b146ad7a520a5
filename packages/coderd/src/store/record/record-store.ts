import type { Kysely } from "kysely";
import { errorCode, isSqlState } from "../../error-code.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Schema } from "../schema.ts";
import { StoreError } from "../store-error.ts";
import { createPartitions, type Partitions } from "./partitions.ts";
import {
  getInterception,
  type InterceptionDetail,
  type InterceptionFilter,
  type InterceptionRow,
  listInterceptions,
} from "./read-interceptions.ts";
import {
  getSession,
  getSessionOwner,
  listSessions,
  type SessionDetail,
  type SessionRow,
} from "./read-sessions.ts";
import type { SessionFilter } from "./select-sessions.ts";
import { summarizeUsage, type UsageGrouping, type UsageSummary } from "./summarize-usage.ts";
import { settleThreads } from "./threads.ts";
import { type RecordBatch, writeBatch } from "./write-batch.ts";

/** The record: what was asked, by whom, and what it used. */
export interface RecordStore extends Pick<Partitions, "maintain"> {
  /**
   * Resolves when all of the batch is durable. If it rejects the batch must come
   * again: nothing of it was written, or its threads are not linked yet.
   */
  write(batch: RecordBatch): Promise<void>;
  listInterceptions(
    request: PageRequest<string> & InterceptionFilter,
  ): Promise<Page<InterceptionRow, string>>;
  getInterception(id: string): Promise<InterceptionDetail | undefined>;
  listSessions(request: PageRequest<string> & SessionFilter): Promise<Page<SessionRow, string>>;
  getSessionOwner(id: string): Promise<string | undefined>;
  getSession(id: string): Promise<SessionDetail | undefined>;
  summarizeUsage(
    groupings: readonly UsageGrouping[],
    filter: InterceptionFilter,
    groupsMax: number,
  ): Promise<UsageSummary[]>;
}

/** The record in this database. */
export function createRecordStore(db: Kysely<Schema>): RecordStore {
  const partitions = createPartitions(db);
  return {
    async write(batch) {
      const { starts, ends, tokenUsages, prompts, toolUsages, modelThoughts } = batch;
      const children = [...tokenUsages, ...prompts, ...toolUsages, ...modelThoughts];
      const ids = [
        ...[...starts, ...ends].map(({ id }) => id),
        ...children.map(({ interceptionId }) => interceptionId),
      ];
      if (ids.length === 0) return;
      try {
        await partitions.ensureFor(ids);
        await writeBatch(db, batch);
        await settleThreads(db, batch);
      } catch (error) {
        partitions.forgetKnown();
        throw withoutContent(error);
      }
    },
    maintain: partitions.maintain,
    listInterceptions: (request) => listInterceptions(db, request),
    getInterception: (id) => getInterception(db, id),
    listSessions: (request) => listSessions(db, request),
    getSessionOwner: (id) => getSessionOwner(db, id),
    getSession: (id) => getSession(db, id),
    summarizeUsage: (groupings, filter, groupsMax) =>
      summarizeUsage(db, groupings, filter, groupsMax),
  };
}

/**
 * PostgreSQL quotes rows in its errors, and errors are logged: what is left of
 * one is its SQLSTATE.
 */
function withoutContent(error: unknown): unknown {
  const code = errorCode(error);
  if (!isSqlState(code)) return error;
  return new StoreError("unavailable", `the record was not written: SQLSTATE ${code}`);
}
