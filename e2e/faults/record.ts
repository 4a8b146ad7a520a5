import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { CoderdClients } from "@aibridge/testing/harness";
import { Client } from "pg";
import type { Tokens } from "./plan.ts";

/** What is on record of one request. */
export interface Row {
  readonly marker: string;
  /** Undefined: it has no end. */
  readonly status: StatusName | undefined;
  /** 0: none came. */
  readonly upstreamStatus: number;
  readonly usages: readonly (Tokens & { readonly partial: boolean })[];
}

const pageSize = 1_000;
const readersMax = 8;

/** The whole record, through the API that people read it by. */
export async function readRecord({ interceptions }: CoderdClients): Promise<Row[]> {
  const ids: string[] = [];
  for (let pageToken = ""; ; ) {
    const page = await interceptions.listInterceptions({ pageSize, pageToken });
    ids.push(...page.interceptions.map(({ id }) => id));
    pageToken = page.nextPageToken;
    if (pageToken === "") break;
  }
  const rows: Row[] = [];
  const left = ids.values();
  const read = async () => {
    for (const id of left) rows.push(await readRow(interceptions, id));
  };
  await Promise.all(Array.from({ length: readersMax }, read));
  return rows;
}

/**
 * Interceptions with an end, usage or text but no start: their requests were
 * never admitted. The API shows none of them, so the table is asked.
 */
export async function readOrphans(databaseUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query("select id from interceptions where start_time is null");
    return rows.map(({ id }) => String(id));
  } finally {
    await client.end();
  }
}

/** What was used in all. */
export interface Sum extends Tokens {
  readonly interceptions: number;
}

/** What the rows add up to. */
export function sumOf(rows: readonly Row[]): Sum {
  const usages = rows.flatMap((row) => row.usages);
  const total = (count: (tokens: Tokens) => number) =>
    usages.reduce((sum, usage) => sum + count(usage), 0);
  return {
    interceptions: rows.length,
    input: total(({ input }) => input),
    cacheRead: total(({ cacheRead }) => cacheRead),
    output: total(({ output }) => output),
  };
}

/** What the API says that they add up to: coderd adds up as it writes, not as it is asked. */
export async function readSum({ sessions }: CoderdClients): Promise<Sum> {
  const { summaries } = await sessions.summarizeUsage({});
  const usage = summaries[0]?.usage;
  return {
    interceptions: Number(usage?.interceptions),
    input: Number(usage?.inputTokens),
    cacheRead: Number(usage?.cacheReadTokens),
    output: Number(usage?.outputTokens),
  };
}

async function readRow(interceptions: CoderdClients["interceptions"], id: string): Promise<Row> {
  const { interception: detail } = await interceptions.getInterception({ id });
  const { started, ended } = detail?.interception ?? {};
  return {
    marker: started?.model ?? "",
    status: ended && nameOf(ended.status),
    upstreamStatus: ended?.upstreamStatus ?? 0,
    usages: (detail?.tokenUsages ?? []).map((usage) => ({
      input: Number(usage.inputTokens),
      cacheRead: Number(usage.cacheReadTokens),
      output: Number(usage.outputTokens),
      partial: usage.partial,
    })),
  };
}

type StatusName = "completed" | "failed" | "cancelled" | "interrupted";

function nameOf(status: InterceptionStatus): StatusName | undefined {
  return names.get(status);
}

const names: ReadonlyMap<InterceptionStatus, StatusName> = new Map([
  [InterceptionStatus.COMPLETED, "completed"],
  [InterceptionStatus.FAILED, "failed"],
  [InterceptionStatus.CANCELLED, "cancelled"],
  [InterceptionStatus.INTERRUPTED, "interrupted"],
]);
