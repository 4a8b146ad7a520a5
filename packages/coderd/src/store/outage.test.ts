import { connect, createServer, type Socket } from "node:net";
import { Secret } from "@aibridge/secret";
import { describeWithServer } from "@aibridge/testing/postgres-suite";
import { expect, test } from "@jest/globals";
import { openPostgresStore } from "./open-postgres.ts";
import { createPostgresPool, silenceGraceMs } from "./postgres-pool.ts";
import { createGatewayKey } from "./test-keys.ts";

const unavailable = { code: "unavailable" };

describeWithServer("a PostgreSQL that fails", (server) => {
  test("while down, calls fail as unavailable; once back, they succeed", async () => {
    const idleErrors: Error[] = [];
    const onIdleError = (error: Error) => idleErrors.push(error);
    await using store = await openPostgresStore(new Secret(server().url), { onIdleError });
    await store.ping();
    await server().stop();
    await expect(store.ping()).rejects.toMatchObject(unavailable);
    await expect(store.authorizations.read({})).rejects.toMatchObject(unavailable);
    await expect(openPostgresStore(new Secret(server().url))).rejects.toMatchObject(unavailable);
    await server().start();
    await store.ping();
    expect(await store.authorizations.read({})).toMatchObject({ revision: 1n });
    expect(idleErrors.length).toBeGreaterThan(0);
  });

  test("a connection that is cut within a transaction fails the call, not the process", async () => {
    await using store = await openPostgresStore(new Secret(server().url));
    const cut = store.exclusively(async () => {
      await server().stop();
      await server().start();
      return "done";
    });
    await expect(cut).rejects.toMatchObject(unavailable);
    await store.ping();
  });

  test("a statement that takes too long is cancelled", async () => {
    const pool = createPostgresPool(server().url, { ...onOneConnection, statementTimeoutMs: 200 });
    const client = await pool.connect();
    // query_canceled, PostgreSQL's manual, appendix A.
    await expect(client.query("select pg_sleep(60)", [])).rejects.toMatchObject({ code: "57014" });
    client.release();
    await pool.end();
  });

  test("a statement that is marked is prepared once per connection, unless a pooler is in the way", async () => {
    const pool = createPostgresPool(server().url, onOneConnection);
    const client = await pool.connect();
    const marked = "select /* prepared: answer */ $1::int as n";
    for (const n of [1, 2]) {
      expect(await client.query(marked, [n])).toMatchObject({ rows: [{ n }] });
    }
    await client.query("select 3", []);
    const prepared = await client.query("select name, statement from pg_prepared_statements", []);
    expect(prepared.rows).toEqual([{ name: "answer", statement: marked }]);
    // As if a pooler had given us another connection of the server.
    await client.query("deallocate all", []);
    for (const n of [3, 4]) {
      expect(await client.query(marked, [n])).toMatchObject({ rows: [{ n }] });
    }
    client.release();
    await pool.end();
  });

  test("who waits for a connection too long gives up", async () => {
    const pool = createPostgresPool(server().url, { ...onOneConnection, acquireTimeoutMs: 3_000 });
    const client = await pool.connect();
    await expect(pool.connect()).rejects.toMatchObject(unavailable);
    client.release();
    (await pool.connect()).release();
    await pool.end();
  });

  test("an answer that came while the process was busy is not silence", async () => {
    const pool = createPostgresPool(server().url, {
      ...onOneConnection,
      statementTimeoutMs: 1_000,
    });
    const client = await pool.connect();
    const answer = client.query("select 1 as n", []);
    block(1_000 + silenceGraceMs + 50);
    expect(await answer).toMatchObject({ rows: [{ n: 1 }] });
    client.release();
    await pool.end();
  });

  test("a server that falls silent fails the call, and the connection is not used again", async () => {
    await using proxy = await startProxy(server().url);
    const pool = createPostgresPool(proxy.url, { ...onOneConnection, statementTimeoutMs: 2_000 });
    const client = await pool.connect();
    await client.query("select 1", []);
    proxy.freeze();
    await expect(client.query("select 1", [])).rejects.toMatchObject(unavailable);
    client.release();
    const next = await pool.connect();
    expect(await next.query("select 2 as n", [])).toMatchObject({ rows: [{ n: 2 }] });
    next.release();
    await pool.end();
  });
});

describeWithServer("a listener whose PostgreSQL falls silent", (server) => {
  test("fails the read, and listens on another connection with the next one", async () => {
    await using proxy = await startProxy(server().url);
    await using store = await openPostgresStore(new Secret(proxy.url));
    const { promise: told, resolve } = Promise.withResolvers<void>();
    await using listener = await store.changes.listen(resolve);
    const { keysRevision } = await listener.since(0n);
    proxy.freeze();
    await expect(listener.since(keysRevision)).rejects.toMatchObject(unavailable);
    expect(await listener.since(keysRevision)).toMatchObject({ invalidations: [] });
    await using other = await openPostgresStore(new Secret(server().url));
    await createGatewayKey(other);
    await told;
  });
});

/** Patient: whoever tests what comes too late says which of the two is short. */
const onOneConnection = {
  connectionsMax: 1,
  acquireTimeoutMs: 20_000,
  statementTimeoutMs: 20_000,
  onIdleError: () => {},
};

test("a server that accepts and never answers is unavailable", async () => {
  await using silent = await listenSilently();
  const pool = createPostgresPool(silent.url, { ...onOneConnection, acquireTimeoutMs: 200 });
  await expect(pool.connect()).rejects.toMatchObject(unavailable);
  await pool.end();
});

/** Holds the thread, so that timers and sockets are both due when it is free again. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

interface Listener extends AsyncDisposable {
  readonly url: string;
}

/** Accepts, and says nothing. */
function listenSilently(): Promise<Listener> {
  return listen(() => {});
}

/** Stands between a pool and a server. `freeze` stops what is connected now, without a word. */
async function startProxy(serverUrl: string): Promise<Listener & { freeze(): void }> {
  const path = `${new URL(serverUrl).searchParams.get("host")}/.s.PGSQL.5432`;
  const pairs: [Socket, Socket][] = [];
  const listener = await listen((socket) => {
    const upstream = connect(path);
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
    pairs.push([socket, upstream]);
    socket.pipe(upstream).pipe(socket);
  });
  const freeze = () => {
    for (const [socket, upstream] of pairs) {
      socket.unpipe(upstream);
      upstream.unpipe(socket);
    }
  };
  return { ...listener, freeze };
}

async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => {}));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
