import type { Interception } from "@aibridge/proto/coder/aibridge/v1/interception";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";

/** How an interception can end, by the words of flags and tables. */
export const statuses = {
  completed: InterceptionStatus.COMPLETED,
  failed: InterceptionStatus.FAILED,
  cancelled: InterceptionStatus.CANCELLED,
  interrupted: InterceptionStatus.INTERRUPTED,
} as const;

/** How it ended, in a word; `running` if it has not. */
export function statusOf({ ended }: Interception): string {
  if (ended === undefined) return "running";
  const known = Object.entries(statuses).find(([, status]) => status === ended.status);
  return known?.[0] ?? "-";
}
