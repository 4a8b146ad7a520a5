import type { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import type { ServiceImpl } from "@connectrpc/connect";
import type { ServiceContext } from "./context.ts";
import { batchFrom } from "./record-batch.ts";
import { invalidArgument } from "./validate.ts";

/**
 * How large a batch may be on the wire. Prompts and arguments travel in it, so
 * it is more than other services take.
 */
export const recordBytesMax = 16 * 1024 * 1024;

const eventsMax = 1_000;

/** Takes the record from gateways: any gateway key may write. */
export function recorderService({
  store,
  now,
  retentionDays,
}: ServiceContext): ServiceImpl<typeof RecorderService> {
  return {
    async recordEvents({ events }) {
      if (events.length > eventsMax) {
        throw invalidArgument("events", `must be at most ${eventsMax}`);
      }
      const { batch, rejected } = batchFrom(events, { now: now(), retentionDays });
      await store.record.write(batch);
      return { rejected };
    },
  };
}
