import { expect, test } from "@jest/globals";
import { outputPattern, snippetsOf } from "./snippets.ts";

const fence = "```";

test("the marked blocks of a page are its snippets, each with the output after it", () => {
  const page = [
    "# Page",
    `${fence}sh test`,
    "first",
    fence,
    `${fence}json output`,
    "{}",
    fence,
    `${fence}yaml`,
    "a: b",
    fence,
    `${fence}sh norun`,
    "export A=...",
    fence,
    `${fence}sh test exit=56`,
    "fails",
    fence,
    `${fence}sh test serves`,
    "runs on",
    fence,
  ].join("\n");
  expect(snippetsOf(page)).toEqual([
    { line: 2, script: "first\n", serves: false, exitCode: 0, output: "{}\n" },
    { line: 14, script: "fails\n", serves: false, exitCode: 56, output: undefined },
    { line: 17, script: "runs on\n", serves: true, exitCode: 0, output: undefined },
  ]);
});

test("a block of shell that says neither test nor norun is an error, by its line", () => {
  expect(() => snippetsOf(`text\n\n${fence}sh\nls\n${fence}\n`)).toThrow("line 3");
});

test("an output names variables, holds to known ones, and passes over ...", () => {
  const said = '{ "id": "$ID", "again": "$ID", "user": "$USER", "at": "..." }';
  const pattern = outputPattern(said, { USER: "a.da" });
  const printed = (id: string, again: string, user: string) =>
    `{\n  "id": "${id}",\n  "again": "${again}", "user": "${user}",\n  "at": "now, or so"\n}\n`;
  expect(pattern.exec(printed("a+b/=", "a+b/=", "a.da"))?.groups).toEqual({ ID: "a+b/=" });
  expect(pattern.exec(printed("a", "b", "a.da"))).toBeNull();
  expect(pattern.exec(printed("a", "a", "axda"))).toBeNull();
  expect(pattern.exec(`${printed("a", "a", "a.da")}more`)).toBeNull();
});
