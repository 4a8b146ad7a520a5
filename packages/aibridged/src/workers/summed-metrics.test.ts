import { expect, test } from "@jest/globals";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { createSummedMetrics } from "./summed-metrics.ts";

function createWorker() {
  const register = new Registry();
  const registers = [register];
  return {
    register,
    requests: new Counter({ name: "requests", help: "h", labelNames: ["route"], registers }),
    open: new Gauge({ name: "open", help: "h", registers }),
    up: new Gauge({ name: "up", help: "h", aggregator: "min", registers }),
    seconds: new Histogram({ name: "seconds", help: "h", buckets: [1], registers }),
  };
}

async function linesOf(register: Registry): Promise<string[]> {
  return (await register.metrics()).split("\n").filter((line) => /^[a-z]/.test(line));
}

// proves: workers.metrics
test("counts are added up, gauges as they say, and counts outlive their worker", async () => {
  const sums = createSummedMetrics();
  const [one, two] = [createWorker(), createWorker()];
  const snapshot = async (worker: typeof one) => await worker.register.getMetricsAsJSON();
  for (const worker of [one, two]) {
    worker.requests.inc({ route: "messages" }, 3);
    worker.open.set(2);
    worker.seconds.observe(0.5);
  }
  one.up.set(1);
  two.up.set(0);
  sums.add(one, await snapshot(one));
  sums.add(two, await snapshot(two));
  const counts = [
    'requests{route="messages"} 6',
    'seconds_bucket{le="1"} 2',
    'seconds_bucket{le="+Inf"} 2',
    "seconds_sum 1",
    "seconds_count 2",
  ];
  expect((await linesOf(sums.sum([]))).sort()).toEqual([...counts, "open 4", "up 0"].sort());

  sums.forget(two);
  expect((await linesOf(sums.sum([]))).sort()).toEqual([...counts, "open 2", "up 1"].sort());

  sums.forget(one);
  sums.forget(one);
  expect((await linesOf(sums.sum([]))).sort()).toEqual([...counts].sort());
});
