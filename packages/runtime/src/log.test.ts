import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { createLogger, type LogLevel } from "./log.ts";

function logger(level: LogLevel = "info") {
  const lines: string[] = [];
  const log = createLogger({
    name: "test",
    level,
    destination: { write: (line) => lines.push(line) },
  });
  return { log, lines };
}

test("a line is JSON with level, ISO time, name, fields and message", () => {
  const { log, lines } = logger();
  log.info({ userId: "u1" }, "request answered");
  expect(JSON.parse(lines.join(""))).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    name: "test",
    userId: "u1",
    msg: "request answered",
  });
});

test("an error is shown with its causes", () => {
  const { log, lines } = logger();
  log.error({ err: new Error("no answer", { cause: new Error("connection refused") }) }, "failed");
  expect(JSON.parse(lines.join(""))).toMatchObject({
    err: { message: "no answer", cause: { message: "connection refused" } },
  });
});

test("a secret never prints, wherever it is in a line", () => {
  const { log, lines } = logger("trace");
  const secret = new Secret("hunter2hunter2");
  log.child({ secret }).info({ deep: { list: [secret] } }, `with ${secret} and %s %o`, secret, {
    secret,
  });
  log.error({ err: Object.assign(new Error("failed"), { secret }) });
  log.debug(secret);
  expect(lines).toHaveLength(3);
  expect(lines.join("")).not.toContain("hunter2");
});

test("lines below the level are not written", () => {
  const { log, lines } = logger("warn");
  log.info("talk");
  expect(lines).toEqual([]);
});
