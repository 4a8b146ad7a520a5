import { randomBytes } from "node:crypto";
import { Client } from "pg";

/** A database made for one suite. Disposing drops it, open sessions or not. */
export interface TestDatabase extends AsyncDisposable {
  /** Connects to the database with the rights of the server URL it came from. */
  readonly url: string;
}

/**
 * Makes an empty database on the server that `serverUrl` names. Its user must
 * be allowed to create databases.
 */
export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `aibridge_test_${randomBytes(8).toString("hex")}`;
  await execute(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => execute(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
