import { access, glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "@jest/globals";
import { root } from "./run-page.ts";

/** What a field of a `config.ts` says: its variable, and its default if it has one. */
const field = /\b(variable|optional|required)\("([A-Z_]+)", [^\n]*?(?:, "([^"]*)")?\),?$/gm;
const row = /^\| `([A-Z_]+)` *\| *(.*?) *\|/gm;

async function read(path: string): Promise<string> {
  return await readFile(join(root, path), "utf8");
}

async function settingsOf(service: string): Promise<string[]> {
  const source = await read(`packages/${service}/src/config.ts`);
  return [...source.matchAll(field)].map(([, kind, name, fallback]) => {
    const shown = fallback === undefined ? "" : `\`${fallback}\``;
    return `${name} ${kind === "required" ? "required" : shown}`;
  });
}

test("running.md names every setting of both services, with its default", async () => {
  const [coderd = "", aibridged = ""] = (await read("docs/running.md")).split("\naibridged:\n");
  const rowsOf = (page: string) =>
    [...page.matchAll(row)].map(([, name, value]) => `${name} ${value}`);
  const coderdSettings = await settingsOf("coderd");
  const aibridgedSettings = await settingsOf("aibridged");
  // So that a change of form in config.ts can't pass unseen.
  expect(coderdSettings).toContain("AIBRIDGE_CODERD_LISTEN `127.0.0.1:7080`");
  expect(aibridgedSettings).toContain("AIBRIDGE_GATEWAY_KEY required");
  expect(rowsOf(coderd).sort()).toEqual(coderdSettings.sort());
  expect(rowsOf(aibridged).sort()).toEqual(aibridgedSettings.sort());
});

test("every relative link of a page leads somewhere", async () => {
  const missing: string[] = [];
  for await (const page of glob(
    "{*.md,docs/**/*.md,examples/*.md,examples/{go,python,typescript}/*.md}",
    { cwd: root },
  )) {
    for (const [, target = ""] of (await read(page)).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)) {
      const path = join(root, dirname(page), target);
      await access(path).catch(() => missing.push(`${page}: ${target}`));
    }
  }
  expect(missing).toEqual([]);
});
