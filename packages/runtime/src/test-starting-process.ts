import { getHeapStatistics } from "node:v8";
import { runProcess } from "./lifecycle.ts";
import { createLogger } from "./log.ts";

/** Starts like a large program, serves, and prints how much memory its heap has before and after. */
const heapBytes = () => getHeapStatistics().total_heap_size;

await runProcess(
  async ({ announce }) => {
    const kept: unknown[] = [];
    for (let i = 0; i < 300_000; i += 1) {
      const module = { name: `module ${i}`, exports: Array.from({ length: 20 }, () => ({ i })) };
      if (i % 100 === 0) kept.push(module);
      if (kept.length > 1_000) kept.length = 0;
    }
    const before = heapBytes();
    announce({ kept: kept.length });
    process.stdout.write(JSON.stringify({ before, after: heapBytes() }));
  },
  { log: createLogger({ name: "test", level: "info" }), announce: () => {} },
);
