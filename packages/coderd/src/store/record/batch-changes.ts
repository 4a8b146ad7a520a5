import type { InterceptionChange } from "./add-up.ts";
import type { TokenTotals } from "./schema.ts";
import { addTokens, noTokens } from "./totals.ts";
import type { RecordBatch } from "./write-batch.ts";

/** What the ids of interceptions stand for. */
export type ById<T> = ReadonlyMap<string, T>;

/** What was known of an interception that began now, by events that came before its start. */
export interface Earlier extends TokenTotals {
  readonly id: string;
  readonly status: string | null;
  readonly endTime: Date | null;
}

/** The status that an interception has now, and the one that gave way to it. */
export interface Ended {
  readonly id: string;
  readonly status: string;
  readonly replacedStatus: string | null;
}

/** What writing a batch came to: the rest of it was on record before. */
interface Written {
  readonly began: ById<Earlier>;
  /** The usages that are new, added up. */
  readonly used: ById<TokenTotals>;
  readonly ended: ById<Ended>;
}

/** What a batch changes in each interception that it tells something of. */
export function changesOf(
  batch: RecordBatch,
  { began, used, ended }: Written,
): InterceptionChange[] {
  return Array.from(activeTimesOf(batch), ([interceptionId, activeTime]) => {
    const earlier = began.get(interceptionId);
    const end = ended.get(interceptionId);
    return {
      interceptionId,
      lastActiveTime: later(activeTime, earlier?.endTime ?? activeTime),
      interceptions: earlier === undefined ? 0n : 1n,
      ...addTokens(used.get(interceptionId) ?? noTokens, earlier ?? noTokens),
      gainedStatuses: present([earlier?.status, end?.status]),
      lostStatuses: present([end?.replacedStatus]),
    };
  });
}

/** When something was last told of each interception. */
function activeTimesOf(batch: RecordBatch): ById<Date> {
  const { tokenUsages, prompts, toolUsages, modelThoughts } = batch;
  const children = [...tokenUsages, ...prompts, ...toolUsages, ...modelThoughts];
  const told: (readonly [string, Date])[] = [
    ...batch.starts.map(({ id, startTime }) => [id, startTime] as const),
    ...batch.ends.map(({ id, endTime }) => [id, endTime] as const),
    ...children.map(({ interceptionId, time }) => [interceptionId, time] as const),
  ];
  const times = new Map<string, Date>();
  for (const [id, time] of told) times.set(id, later(times.get(id) ?? time, time));
  return times;
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

function present(words: readonly (string | null | undefined)[]): string[] {
  return words.flatMap((word) => word ?? []);
}
