import { runProcess } from "./lifecycle.ts";
import { createLogger } from "./log.ts";

/** Serves, with 40 MB that live, and fills V8's new space twice. */
await runProcess(
  async ({ announce }) => {
    const living = Array.from({ length: 40 }, () => new Array(128 * 1_024).fill(0));
    announce({});
    for (let i = 0; i < 2_000_000; i += 1) living[0] = [i, i, i, i];
    process.stdout.write(String(living.length));
  },
  { log: createLogger({ name: "test", level: "info" }), announce: () => {} },
);
