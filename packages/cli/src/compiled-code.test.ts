import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { startAibridge } from "@aibridge/testing/harness/aibridge";
import { expect, test } from "@jest/globals";
import { runCommand, temporaryFolder } from "./test-command.ts";

// proves: cli.compiled-code
test("compiled code is kept where only this user writes", async () => {
  await using cache = await temporaryFolder();
  const { code } = await runCommand(["--help"], { XDG_CACHE_HOME: cache.path });
  expect(code).toBe(0);
  const folder = join(cache.path, "aibridge");
  const kept = await readdir(folder, { recursive: true });
  expect(kept.length).toBeGreaterThan(10);
  for (const name of [".", ...kept]) {
    // No write for the group or others.
    expect((await stat(join(folder, name))).mode & 0o022).toBe(0);
  }
});

// proves: cli.compiled-code
test("a service has kept it when it says that it serves", async () => {
  await using folder = await temporaryFolder();
  const gateway = startAibridge(["aibridged", "--json"], {
    XDG_CACHE_HOME: folder.path,
    AIBRIDGE_SPOOL: join(folder.path, "spool"),
    AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
    AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
    // Nobody is there: it serves, and refuses.
    AIBRIDGE_CODERD_URL: "http://127.0.0.1:1",
    AIBRIDGE_GATEWAY_KEY: "G4tewayKeyG4tewayKeyG4tewayKeyG4tewayKeyG4t",
  });
  await using _ = gateway;
  await gateway.ready();
  gateway.signal("SIGKILL");
  await gateway.exited;
  const kept = await readdir(join(folder.path, "aibridge"), { recursive: true });
  expect(kept.length).toBeGreaterThan(10);
});

// proves: cli.compiled-code
test.each<[string, Record<string, string>]>([
  ["without a home that can be written to", { HOME: "/proc/nowhere" }],
  ["where Node is told to keep nothing", { NODE_DISABLE_COMPILE_CACHE: "1" }],
])("%s commands work all the same", async (_title, variables) => {
  await using home = await temporaryFolder();
  const env = { HOME: home.path, ...variables };
  const { code, stdout, stderr } = await runCommand(["--help"], env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain("Usage: aibridge");
  expect(await readdir(home.path)).toEqual([]);
});
