import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { type PostgresServer, startPostgres } from "./postgres.ts";
import { findPostgresBinaries } from "./postgres-binaries.ts";
import { createDatabase, type TestDatabase } from "./postgres-database.ts";

// biome-ignore lint/style/noProcessEnv: a test has no other edge to be told by which server to use.
const { CI, DATABASE_URL, PATH = "" } = process.env;

const hasBinaries = (await findPostgresBinaries(PATH)) !== undefined;

// Seconds at most, but on a busy machine.
const startTimeoutMs = 120_000;

/**
 * Describes a suite that needs an empty database on a real PostgreSQL. `url`
 * may be called inside tests and hooks. The server is the one that DATABASE_URL
 * names, else one started for this suite.
 */
export function describeWithDatabase(title: string, suite: (url: () => string) => void): void {
  if (DATABASE_URL === undefined && !hasBinaries) {
    skipSuite(title);
    return;
  }
  describe(title, () => {
    let server: PostgresServer | undefined;
    let database: TestDatabase | undefined;
    beforeAll(async () => {
      server = DATABASE_URL === undefined ? await startPostgres({ path: PATH }) : undefined;
      database = await createDatabase(server?.url ?? DATABASE_URL ?? "");
    }, startTimeoutMs);
    afterAll(async () => {
      await database?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });
    suite(() => database?.url ?? "");
  });
}

/**
 * Describes a suite that stops and starts a PostgreSQL of its own. `server` may
 * be called inside tests and hooks.
 */
export function describeWithServer(
  title: string,
  suite: (server: () => PostgresServer) => void,
): void {
  if (!hasBinaries) {
    skipSuite(title);
    return;
  }
  describe(title, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres({ path: PATH });
    }, startTimeoutMs);
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
    suite(() => {
      if (server === undefined) throw new Error("the server is there from beforeAll on");
      return server;
    });
  });
}

/** Skips where a person sees it; on CI nothing is skipped, so there it fails. */
function skipSuite(title: string): void {
  const reason = "no DATABASE_URL, no PostgreSQL binaries on the system or from npm";
  if (CI === "true") {
    test(title, () => {
      throw new Error(`CI must run this suite: ${reason}`);
    });
  } else {
    test.skip(`${title} (skipped: ${reason})`, () => {});
  }
}
