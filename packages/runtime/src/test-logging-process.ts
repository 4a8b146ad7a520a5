import { setImmediate } from "node:timers/promises";
import { runProcess } from "./lifecycle.ts";
import { createLogger } from "./log.ts";

/** Logs so many numbered lines, says so on stdout, and ends as it is told. */
const [lines = "0", end = "return"] = process.argv.slice(2);
const log = createLogger({ name: "test", level: "info" });

await runProcess(
  async () => {
    for (let number = 0; number < Number(lines); number += 1) {
      log.info({ number }, "a line");
      if (number % 100 === 0) await setImmediate();
    }
    process.stdout.write("logged\n");
    if (end === "exit") process.exit(0);
    if (end === "return") return;
    process.nextTick(() => {
      if (end === "throw") throw new Error("a bug");
      void Promise.reject(new Error("a bug"));
    });
    await new Promise(() => {});
  },
  { log, announce: () => {} },
);
