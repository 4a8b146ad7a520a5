/**
 * A coderd for `retention-scale`: the services on the database of its first
 * argument, in a process of their own, at a time that the parent tells. It
 * announces its URL; to each time it answers, with the record kept in shape, what
 * that dropped and how much memory is resident.
 */
import { setTimeout } from "node:timers/promises";
import { createHealth, createLogger, listenRpc } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { Background } from "../src/background.ts";
import { openChangeFeed } from "../src/changes/change-feed.ts";
import { KeyRing } from "../src/credentials/key-ring.ts";
import type { ServiceContext } from "../src/services/context.ts";
import { interceptors, routes, services } from "../src/services/routes.ts";
import { openPostgresStore } from "../src/store/open-postgres.ts";

const retentionDays = 60;

let time = new Date(0);
const store = await openPostgresStore(new Secret(process.argv[2] ?? ""));
const log = createLogger({ name: "coderd", level: "warn" });
const changes = await openChangeFeed({ store, log });
const background = new Background();
const context: ServiceContext = {
  store,
  changes,
  background,
  keyRing: new KeyRing([]),
  now: () => time,
  retentionDays,
  privateUpstreams: "allow",
  log,
};
const listener = await listenRpc({
  listen: { host: "127.0.0.1", port: 0 },
  routes: routes(context),
  interceptors: interceptors(context),
  reflect: services,
  health: createHealth(services),
  log,
  readMaxBytes: 1024 * 1024,
});

process.on("message", async (timeMs) => {
  time = new Date(Number(timeMs));
  const { dropped } = await store.record.maintain(time, retentionDays);
  // Twice, with a rest between: what was garbage in the old generation goes with the second.
  globalThis.gc?.();
  await setTimeout(100);
  globalThis.gc?.();
  process.send?.({ dropped: dropped.length, residentBytes: process.memoryUsage.rss() });
});
process.on("disconnect", async () => {
  await listener.destroy();
  await changes[Symbol.asyncDispose]();
  await background[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});
process.send?.({ url: listener.url });
