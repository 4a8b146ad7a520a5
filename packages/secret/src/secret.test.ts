import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import { hintOf, Secret } from "./secret.ts";

test("a secret does not print, whatever prints it", () => {
  const secret = new Secret("hunter2hunter2");
  for (const shown of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    Object.values(secret).join(),
  ]) {
    expect(shown).not.toContain("hunter2");
  }
  expect(secret.reveal()).toBe("hunter2hunter2");
});

// proves: keys.hints
test.each([
  ["sk-ant-api03-abcdefgh", "sk-a...efgh"],
  ["12345678901234567890", "1234...7890"],
  ["1234567890123456789", "12...89"],
  ["1234567890", "12...90"],
  ["123456789", "1...9"],
  ["12345", "1...5"],
  ["1234", "..."],
  ["", "..."],
])("the hint of %j is %j", (value, hint) => {
  expect(hintOf(value)).toBe(hint);
});
