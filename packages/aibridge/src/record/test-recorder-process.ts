import { openSpoolRecorder } from "./spool-recorder.ts";
import { memoryLog, startedEvent } from "./test-events.ts";

/**
 * A process that starts interceptions as fast as it can, for nobody who would
 * take them, and prints the id of each whose start is durable.
 */
const [folder = ""] = process.argv.slice(2);
const recorder = await openSpoolRecorder({
  folder,
  ship: () => Promise.reject(new Error("nobody answers")),
  log: memoryLog().log,
});

async function client(): Promise<never> {
  for (;;) {
    const event = startedEvent();
    await recorder.started(event);
    process.stdout.write(`${event.interceptionId}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, client));
