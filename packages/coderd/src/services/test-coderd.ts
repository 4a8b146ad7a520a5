import { randomUUID } from "node:crypto";
import { createHealth, createLogger, listenRpc, type PrivateUpstreams } from "@aibridge/runtime";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Background } from "../background.ts";
import { type ChangeFeed, openChangeFeed } from "../changes/change-feed.ts";
import { KeyRing } from "../credentials/key-ring.ts";
import { generateApiKey } from "../keys/api-key.ts";
import { generateGatewayKey } from "../keys/gateway-key.ts";
import { openEmbeddedStore } from "../store/open-embedded.ts";
import type { Role } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import type { ServiceContext } from "./context.ts";
import { interceptors, routes, services } from "./routes.ts";

/** A user with a key, as a test needs them. */
export interface TestUser {
  readonly id: string;
  readonly username: string;
  /** The full key. */
  readonly key: string;
  readonly keyId: string;
}

/** A coderd on a free port, without the process around it, and with a clock to set. */
export interface TestCoderd extends AsyncDisposable {
  readonly url: string;
  readonly store: Store;
  readonly changes: ChangeFeed;
  readonly clock: { now: Date };
  /** Every line that was logged, at any level, as text. */
  readonly logLines: readonly string[];
  /** Every key and credential that went in or came out; what no log line may hold. */
  readonly secrets: string[];
  /** A client that presents a bearer token; none if it is empty. */
  client<Service extends DescService>(service: Service, bearer: string): Client<Service>;
  createUser(role: Role, fields?: { system?: boolean }): Promise<TestUser>;
  createGatewayKey(canDelegate: boolean): Promise<{ id: string; key: string }>;
  /** Throws if a secret is in a log line. */
  expectNoSecretLogged(): void;
}

/** Starts a coderd on a store, which it closes in the end; by default on one in memory. */
export async function startTestCoderd(
  options: { store?: Store; keyRing?: KeyRing; privateUpstreams?: PrivateUpstreams } = {},
): Promise<TestCoderd> {
  const store = options.store ?? (await openEmbeddedStore());
  const logLines: string[] = [];
  const secrets: string[] = [];
  const clock = { now: new Date("2030-01-01T00:00:00.000Z") };
  const log = createLogger({
    name: "coderd",
    level: "trace",
    destination: { write: (line: string) => logLines.push(line) },
  });
  const changes = await openChangeFeed({ store, log });
  const background = new Background();
  const context: ServiceContext = {
    background,
    store,
    changes,
    keyRing: options.keyRing ?? new KeyRing([{ id: "k1", bytes: Buffer.alloc(32, 7) }]),
    now: () => clock.now,
    retentionDays: 60,
    privateUpstreams: options.privateUpstreams ?? "allow",
    log,
  };
  const listener = await listenRpc({
    listen: { host: "127.0.0.1", port: 0 },
    routes: routes(context),
    interceptors: interceptors(context),
    reflect: services,
    health: createHealth(services),
    log: context.log,
    readMaxBytes: 1024 * 1024,
  });
  return {
    url: listener.url,
    store,
    changes,
    clock,
    logLines,
    secrets,
    client: (service, bearer) => createBearerClient(service, listener.url, bearer),
    createUser: async (role, fields) => {
      const user = await createUser(store, role, fields?.system ?? false);
      secrets.push(user.key, user.key.slice(11));
      return user;
    },
    createGatewayKey: async (canDelegate) => {
      const created = await createGatewayKey(store, canDelegate);
      secrets.push(created.key);
      return created;
    },
    expectNoSecretLogged() {
      const leak = logLines.find((line) => secrets.some((secret) => line.includes(secret)));
      if (leak !== undefined) throw new Error(`a secret was logged: ${leak}`);
    },
    async [Symbol.asyncDispose]() {
      await listener.destroy();
      await changes[Symbol.asyncDispose]();
      await background[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

function createBearerClient<Service extends DescService>(
  service: Service,
  baseUrl: string,
  bearer: string,
): Client<Service> {
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [
      (next) => (request) => {
        if (bearer !== "") request.header.set("authorization", `Bearer ${bearer}`);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}

async function createUser(store: Store, role: Role, system: boolean): Promise<TestUser> {
  const id = randomUUID();
  const username = `user-${id.slice(0, 8)}`;
  const createTime = new Date("2029-01-01T00:00:00.000Z");
  await store.users.create({ id, username, role, system, createTime });
  const { id: keyId, key, secretHash } = generateApiKey();
  const fields = { userId: id, name: "", secretHash, createTime, expireTime: null };
  await store.apiKeys.create({ id: keyId, ...fields });
  return { id, username, keyId, key: key.reveal() };
}

async function createGatewayKey(
  store: Store,
  canDelegate: boolean,
): Promise<{ id: string; key: string }> {
  const id = randomUUID();
  const { key, prefix, hash } = generateGatewayKey();
  const createTime = new Date("2029-01-01T00:00:00.000Z");
  await store.gatewayKeys.create({ id, name: id, prefix, hash, canDelegate, createTime });
  return { id, key: key.reveal() };
}
