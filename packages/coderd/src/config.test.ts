import { expect, test } from "@jest/globals";
import { parseCoderdConfig } from "./config.ts";

const ring = Buffer.alloc(32, 7).toString("base64");

test("a folder is all that must be set", () => {
  expect(parseCoderdConfig({ AIBRIDGE_DATA: "/data" })).toEqual({
    listen: { host: "127.0.0.1", port: 7080 },
    data: "/data",
    privateUpstreams: "refuse",
    retentionDays: 60,
    drainTimeoutMs: 30_000,
    logLevel: "info",
  });
});

test("everything can be set", () => {
  const config = parseCoderdConfig({
    AIBRIDGE_CODERD_LISTEN: "[::1]:0",
    DATABASE_URL: "postgres://coderd:hunter2@db/coderd",
    AIBRIDGE_ENCRYPTION_KEYS: `k1:${ring}`,
    AIBRIDGE_CODERD_TLS_CERT: "cert.pem",
    AIBRIDGE_CODERD_TLS_KEY: "key.pem",
    AIBRIDGE_RETENTION: "90d",
    AIBRIDGE_DRAIN_TIMEOUT: "5s",
    AIBRIDGE_LOG_LEVEL: "debug",
  });
  expect(config).toMatchObject({
    listen: { host: "::1", port: 0 },
    encryptionKeys: [{ id: "k1", bytes: Buffer.alloc(32, 7) }],
    tlsCert: "cert.pem",
    tlsKey: "key.pem",
    retentionDays: 90,
    drainTimeoutMs: 5_000,
    logLevel: "debug",
  });
  expect(config.databaseUrl?.reveal()).toBe("postgres://coderd:hunter2@db/coderd");
  expect(JSON.stringify(config)).not.toContain("hunter2");
});

test("all problems are told at once, without showing a secret", () => {
  const parse = () =>
    parseCoderdConfig({
      DATABASE_URL: "hunter2",
      AIBRIDGE_CODERD_LISTEN: "nowhere",
      AIBRIDGE_ENCRYPTION_KEYS: "k1:c2VjcmV0",
      AIBRIDGE_RETENTION: "60",
      AIBRIDGE_LOG_LEVEL: "loud",
    });
  expect(parse).toThrow(
    [
      'AIBRIDGE_CODERD_LISTEN must be an address to listen on such as 127.0.0.1:7080, [::1]:7080 or :7080, not "nowhere"',
      "DATABASE_URL must be a URL such as postgres://user:password@host/database, not what it is set to",
      "AIBRIDGE_ENCRYPTION_KEYS must be a list of <id>:<base64 of 32 bytes>, separated by commas, each id once, not what it is set to",
      'AIBRIDGE_RETENTION must be a number of days such as 60d, at most 36500d, or 0 to keep for ever, not "60"',
      'AIBRIDGE_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent, not "loud"',
    ].join("\n"),
  );
});

test("a store must be named, and TLS needs both of its files", () => {
  expect(() => parseCoderdConfig({ AIBRIDGE_CODERD_TLS_KEY: "key.pem" })).toThrow(
    [
      "DATABASE_URL must be set to the URL of a PostgreSQL database, or AIBRIDGE_DATA to a folder for an embedded one",
      "AIBRIDGE_CODERD_TLS_CERT must be set to a path, because AIBRIDGE_CODERD_TLS_KEY is set",
    ].join("\n"),
  );
});

test.each(["0", "0d"])("a retention of %s keeps for ever", (text) => {
  const config = parseCoderdConfig({ AIBRIDGE_DATA: "/data", AIBRIDGE_RETENTION: text });
  expect(config.retentionDays).toBe(0);
});
