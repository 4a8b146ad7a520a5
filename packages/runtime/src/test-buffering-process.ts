import { setImmediate } from "node:timers/promises";
import { runProcess } from "./lifecycle.ts";
import { createLogger } from "./log.ts";

/** Serves, and reads 2,000 bodies of 400 KB that come in pieces, a hundred at a time. */
await runProcess(
  async ({ announce }) => {
    const bodies: Buffer[] = [];
    const texts: string[] = [];
    announce({});
    process.stdout.write("serving\n");
    for (let i = 0; i < 2_000; i += 1) {
      const pieces = Array.from({ length: 7 }, () => Buffer.alloc(64 * 1_024, "a"));
      const body = Buffer.concat(pieces);
      bodies[i % 100] = body;
      texts[0] = body.toString("latin1");
      await setImmediate();
    }
    process.stdout.write("served\n");
  },
  { log: createLogger({ name: "test", level: "info" }), announce: () => {} },
);
