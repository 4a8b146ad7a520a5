import { expect, test } from "@jest/globals";
import { Counter } from "prom-client";
import { type AdminOptions, listenAdmin } from "./admin.ts";
import { createLogger } from "./log.ts";
import { createMetrics } from "./metrics.ts";

const listen = { host: "127.0.0.1", port: 0 };
const log = createLogger({ name: "test", level: "silent" });

function start(options: Partial<AdminOptions> = {}) {
  return listenAdmin({ listen, log, metrics: createMetrics(), ready: () => ({}), ...options });
}

test("a process that is alive says so, also while it is not ready", async () => {
  await using admin = await start({ ready: () => ({ coderd: { ok: false, why: "no answer" } }) });
  const response = await fetch(`${admin.url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { alive: true }]);
});

test("readyz is 200 if every check holds", async () => {
  await using admin = await start({ ready: async () => ({ coderd: { ok: true } }) });
  const response = await fetch(`${admin.url}/readyz`);
  expect([response.status, await response.json()]).toEqual([
    200,
    { ready: true, checks: { coderd: { ok: true } } },
  ]);
});

test("readyz is 503 and says which check fails", async () => {
  await using admin = await start({
    ready: () => ({ coderd: { ok: false, why: "no answer" }, spool: { ok: true } }),
  });
  const response = await fetch(`${admin.url}/readyz`);
  expect([response.status, await response.json()]).toEqual([
    503,
    { ready: false, checks: { coderd: { ok: false, why: "no answer" }, spool: { ok: true } } },
  ]);
});

test("a readiness check that throws is a 500 and hurts nothing else", async () => {
  await using admin = await start({ ready: () => Promise.reject(new Error("broken")) });
  expect((await fetch(`${admin.url}/readyz`)).status).toBe(500);
  expect((await fetch(`${admin.url}/healthz`)).status).toBe(200);
});

test("metrics are those of the registry and of the process", async () => {
  const metrics = createMetrics();
  new Counter({ name: "turns_total", help: "Turns.", registers: [metrics] }).inc(3);
  await using admin = await start({ metrics });
  const response = await fetch(`${admin.url}/metrics`);
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  expect(text).toMatch(/^turns_total 3$/m);
  expect(text).toMatch(/^process_cpu_seconds_total /m);
});

test.each([
  ["GET", "/", 404],
  ["POST", "/healthz", 405],
  ["HEAD", "/healthz", 200],
])("%s %s is %i", async (method, path, status) => {
  await using admin = await start();
  expect((await fetch(admin.url + path, { method })).status).toBe(status);
});

test("a port in use is an error that names the address and keeps the code", async () => {
  await using admin = await start();
  await expect(start({ listen: admin.address })).rejects.toMatchObject({
    code: "EADDRINUSE",
    message: `can't listen on 127.0.0.1:${admin.address.port}: the port is in use. Stop what uses it, or choose another port (0 picks a free one)`,
  });
});
