import { expect, test } from "@jest/globals";
import type { z } from "zod";
import { ConfigError, optional, parseConfig, required, variable } from "./config.ts";
import {
  booleanFlag,
  durationBetween,
  durationMs,
  filePath,
  httpUrl,
  integerBetween,
  listenAddress,
  oneOf,
  secretString,
} from "./config-schemas.ts";

test("settings come from their variables, else from their defaults", () => {
  const config = parseConfig(
    { LISTEN: ":0", TIMEOUT: "" },
    {
      listen: variable("LISTEN", listenAddress, "127.0.0.1:7080"),
      timeoutMs: variable("TIMEOUT", durationMs, "30s"),
      ca: optional("CA", filePath),
    },
  );
  const timeoutMs: number = config.timeoutMs;
  const ca: string | undefined = config.ca;
  expect({ ...config, timeoutMs, ca }).toEqual({
    listen: { host: "", port: 0 },
    timeoutMs: 30_000,
  });
});

test("all problems are reported together, each with its variable, what was wanted and what came", () => {
  const parse = () =>
    parseConfig(
      { LISTEN: "7080", TIMEOUT: "30" },
      {
        listen: variable("LISTEN", listenAddress, "127.0.0.1:7080"),
        timeoutMs: variable("TIMEOUT", durationBetween(1000, 600_000), "30s"),
        url: required("URL", httpUrl),
      },
    );
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(
    [
      'LISTEN must be an address to listen on such as 127.0.0.1:7080, [::1]:7080 or :7080, not "7080"',
      'TIMEOUT must be a duration such as 500ms, 30s, 10m or 1h, from 1s to 10m, not "30"',
      "URL must be set to an http or https URL such as http://127.0.0.1:7080",
    ].join("\n"),
  );
});

test("a secret is never shown, neither when it is wrong nor when it is right", () => {
  const parse = (text: string) =>
    parseConfig({ KEY: text }, { key: required("KEY", secretString) });
  expect(() => parse("hunter2 hunter2")).toThrow(
    "KEY must be a secret of visible ASCII characters without spaces, not what it is set to",
  );
  const { key } = parse("hunter2hunter2\n");
  expect(`${key}`).toBe("[secret]");
  expect(key.reveal()).toBe("hunter2hunter2");
});

const accepted: readonly [z.ZodType<unknown, string>, string, unknown][] = [
  [listenAddress, "127.0.0.1:7080", { host: "127.0.0.1", port: 7080 }],
  [listenAddress, "[::1]:0", { host: "::1", port: 0 }],
  [listenAddress, "gateway.internal:65535", { host: "gateway.internal", port: 65_535 }],
  [durationMs, "500ms", 500],
  [durationMs, "0s", 0],
  [durationMs, "10m", 600_000],
  [durationMs, "24h", 86_400_000],
  [httpUrl, "http://127.0.0.1:7080/", "http://127.0.0.1:7080"],
  [httpUrl, "https://api.example.com/v1", "https://api.example.com/v1"],
  [integerBetween(1, 10), "10", 10],
  [oneOf("info", "debug"), "debug", "debug"],
  [booleanFlag, "true", true],
  [booleanFlag, "0", false],
];
test.each(accepted)("accepted text %#", (schema, text, value) => {
  expect(schema.parse(text)).toEqual(value);
});

const refused: readonly [z.ZodType<unknown, string>, string][] = [
  [listenAddress, "127.0.0.1"],
  [listenAddress, "127.0.0.1:65536"],
  [listenAddress, "::1:7080"],
  [listenAddress, "http://127.0.0.1:7080"],
  [durationMs, "1.5s"],
  [durationMs, "25h"],
  [durationMs, "-1s"],
  [httpUrl, "127.0.0.1:7080"],
  [httpUrl, "ftp://example.com"],
  [httpUrl, "https://user:secret@example.com"],
  [httpUrl, "https://example.com/?a=b"],
  [integerBetween(1, 10), "11"],
  [integerBetween(1, 10), "1e1"],
  [oneOf("info", "debug"), "verbose"],
  [booleanFlag, "yes"],
];
test.each(refused)("refused text %#", (schema, text) => {
  expect(schema.safeParse(text).success).toBe(false);
});
