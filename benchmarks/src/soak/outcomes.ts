import type { RecordCheck } from "../record-check.ts";
import type { SoakMinute } from "./job.ts";

/** What was not answered as it should be, in words. */
export function unexpectedOf(minutes: readonly SoakMinute[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { unexpected, unsent } of minutes) {
    for (const [name, count] of [...Object.entries(unexpected), ["not sent", unsent] as const]) {
      if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return Array.from(counts, ([name, count]) => `${count} times ${name}`);
}

/** How the record differs from what was answered, in words; nothing if it does not. */
export async function lostFrom(
  record: Pick<RecordCheck, "grewBy" | "byStatus">,
  minutes: readonly SoakMinute[],
): Promise<readonly string[]> {
  const served = minutes.reduce((all, minute) => all + minute.served, 0);
  const cut = minutes.reduce((all, minute) => all + minute.cut, 0);
  try {
    await record.grewBy(served + cut);
  } catch (error) {
    return [`the record is not complete: ${error instanceof Error ? error.message : error}`];
  }
  const { completed = 0, cancelled = 0 } = await record.byStatus();
  if (completed === served && cancelled === cut) return [];
  return [
    `${served} requests were served and ${cut} cut, on record are ${completed} completed and ${cancelled} cancelled`,
  ];
}
