import { join } from "node:path";
import {
  aborted,
  createHealth,
  deadline,
  listenRpc,
  loadTlsIdentity,
  type ProcessContext,
  type TlsIdentity,
} from "@aibridge/runtime";
import { Background } from "./background.ts";
import { openChangeFeed } from "./changes/change-feed.ts";
import type { CoderdConfig } from "./config.ts";
import { KeyRing } from "./credentials/key-ring.ts";
import { keepRecord } from "./keep-record.ts";
import type { ServiceContext } from "./services/context.ts";
import { interceptors, routes, services } from "./services/routes.ts";
import { openEmbeddedStore } from "./store/open-embedded.ts";
import { openPostgresStore } from "./store/open-postgres.ts";
import type { Store } from "./store/store.ts";
import { watchStore } from "./watch-store.ts";

const messageBytesMax = 1024 * 1024;

/**
 * Runs a coderd until `context.drain` is aborted: it then takes no new calls,
 * lets running ones end until the drain timeout or `context.cut`, cuts the rest
 * and resolves with everything closed. Announces its URL once it serves.
 *
 * Rejects before that if the store can't be opened (`StoreError`), the address
 * can't be listened on (`ListenError`) or a TLS file can't be used.
 */
export async function runCoderd(config: CoderdConfig, context: ProcessContext): Promise<void> {
  const { log } = context;
  await using opened = new AsyncDisposableStack();
  const store = opened.use(await openStore(config, context));
  const tls = await tlsFrom(config);

  const keyRing = new KeyRing(config.encryptionKeys ?? []);
  const { retentionDays } = config;
  const now = () => new Date();
  const changes = opened.use(await openChangeFeed({ store, log }));
  const background = opened.use(new Background());
  const serviceContext: ServiceContext = {
    store,
    changes,
    keyRing,
    now,
    log,
    retentionDays,
    privateUpstreams: config.privateUpstreams,
    background,
  };
  const health = createHealth(services);

  const listener = opened.use(
    await listenRpc({
      listen: config.listen,
      tls,
      routes: routes(serviceContext),
      interceptors: interceptors(serviceContext),
      reflect: services,
      health,
      log,
      readMaxBytes: messageBytesMax,
    }),
  );
  opened.use(watchStore(health, serviceContext));
  opened.use(keepRecord(serviceContext));
  log.info({ url: listener.url }, "coderd serves");
  context.announce({ url: listener.url });

  await aborted(context.drain);
  // Watches are running calls that would not end by themselves.
  changes.end();
  using cut = deadline(config.drainTimeoutMs, context.cut);
  await listener.close(cut.signal);
}

/** Opens the store that the configuration names, migrated; in memory if it names none. */
export function openStore(
  { databaseUrl, data }: Pick<CoderdConfig, "databaseUrl" | "data">,
  { log }: Pick<ProcessContext, "log">,
): Promise<Store> {
  if (databaseUrl === undefined) return openEmbeddedStore(data && join(data, "store"));
  const onIdleError = (err: Error) => log.warn({ err }, "an idle database connection broke");
  return openPostgresStore(databaseUrl, { onIdleError });
}

function tlsFrom({ tlsCert, tlsKey }: CoderdConfig): Promise<TlsIdentity | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return Promise.resolve(undefined);
  return loadTlsIdentity(tlsCert, tlsKey);
}
