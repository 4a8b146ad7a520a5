import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { dataFolder, makeDataFolder } from "./data-folder.ts";
import { temporaryFolder } from "./test-command.ts";

const credentials = {
  coderdUrl: "http://127.0.0.1:7080",
  gatewayUrl: "http://127.0.0.1:7090",
  ownerKey: new Secret("owner"),
  gatewayKey: new Secret("gateway"),
};

test("credentials are read as they were written, and only their owner can read them", async () => {
  await using temporary = await temporaryFolder();
  const folder = dataFolder(join(temporary.path, "deep", "data"));
  expect(await folder.readCredentials()).toBeUndefined();
  await makeDataFolder(folder.path);
  await folder.writeCredentials({ ...credentials, unshownKey: new Secret("user") });
  const read = await folder.readCredentials();
  expect(read?.coderdUrl).toBe("http://127.0.0.1:7080");
  expect([read?.ownerKey, read?.gatewayKey, read?.unshownKey].map((key) => key?.reveal())).toEqual([
    "owner",
    "gateway",
    "user",
  ]);
  expect(await readdir(folder.path)).toEqual(["credentials.json"]);
  expect((await stat(join(folder.path, "credentials.json"))).mode & 0o777).toBe(0o600);
  expect((await stat(folder.path)).mode & 0o777).toBe(0o700);
});

test("encryption keys are made once", async () => {
  await using temporary = await temporaryFolder();
  const folder = dataFolder(temporary.path);
  expect((await folder.readOrMakeKeys(() => "one")).reveal()).toBe("one");
  expect((await folder.readOrMakeKeys(() => "two")).reveal()).toBe("one");
  expect(await readFile(join(folder.path, "encryption-keys"), "utf8")).toBe("one\n");
});

test("a file that is no credentials file is named, and its content is not shown", async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, "credentials.json");
  await writeFile(file, '{"ownerKey":"hunter2"}');
  await expect(dataFolder(temporary.path).readCredentials()).rejects.toThrow(
    `${file} is not what \`aibridge up\` wrote`,
  );
});
