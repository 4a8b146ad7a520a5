import { readdir, readFile, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { bind } from "@aibridge/runtime";
import { startAibridge } from "@aibridge/testing/harness/aibridge";
import type { StartedProcess } from "@aibridge/testing/harness/started-process";
import { expect, jest, test } from "@jest/globals";
import { runHere, temporaryFolder } from "../test-command.ts";

// Each starts three real processes, and some a database, more than once.
jest.setTimeout(120_000);

const freePorts = {
  AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
  AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
  AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
};

function startUp(folder: { readonly path: string }, args: readonly string[] = ["--json"]) {
  return startAibridge(["up", "--data", folder.path, ...args], freePorts);
}

async function ask(gatewayUrl: unknown, apiKey: unknown): Promise<Response> {
  return await fetch(`${gatewayUrl}/anthropic/v1/messages`, {
    method: "POST",
    headers: { "x-api-key": String(apiKey), "content-type": "application/json" },
    body: '{"model":"any","max_tokens":64,"messages":[{"role":"user","content":"Hello"}]}',
  });
}

/** The process of a service that `up` runs now. */
function processOf(up: StartedProcess, service: string): number {
  const started = up.logs.all.filter((line) => line.service === service && "processId" in line);
  return Number(started.at(-1)?.processId);
}

test("the first run makes everything and shows the keys, later runs keep it and don't", async () => {
  await using folder = await temporaryFolder();
  const { apiKey } = await firstRun(folder);
  await using up = startUp(folder);
  const ready = await up.ready();
  expect(ready).toMatchObject({ apiKey: null, ownerKey: null, gatewayKey: null, demo: true });
  expect((await ask(ready.gatewayUrl, apiKey)).status).toBe(200);

  const env = { AIBRIDGE_DATA: folder.path };
  const revoked = await runHere(["keys", "revoke", String(apiKey)], env);
  expect([revoked.code, revoked.stderr]).toEqual([0, ""]);
  expect((await ask(ready.gatewayUrl, apiKey)).status).toBe(403);
});

async function firstRun(folder: { readonly path: string }) {
  await using up = startUp(folder);
  const ready = await up.ready();
  expect(ready).toEqual({
    gatewayUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    coderdUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    adminUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    apiKey: expect.stringMatching(/^[A-Za-z0-9]{10}-[A-Za-z0-9]{22}$/),
    ownerKey: expect.stringMatching(/^[A-Za-z0-9]{10}-[A-Za-z0-9]{22}$/),
    gatewayKey: expect.stringMatching(/^[A-Za-z0-9]{43}$/),
    demo: true,
  });
  const answer = await ask(ready.gatewayUrl, ready.apiKey);
  expect(await answer.json()).toMatchObject({ type: "message", role: "assistant" });
  await expectPrivate(folder.path);

  // All inherit its stderr, and `exited` waits for the last of them to close it.
  expect(await up.stop()).toEqual({ code: 0, signal: null });
  expect(up.output.all).toEqual([ready]);
  // Kept until it was shown, and forgotten then: `up` may still be at that when it is ready.
  const credentials = await readFile(join(folder.path, "credentials.json"), "utf8");
  expect(credentials).not.toContain(ready.apiKey);
  return ready;
}

async function expectPrivate(folder: string): Promise<void> {
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);
  expect(await modeOf(folder)).toBe("700");
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const expected = entry.isDirectory() ? "700" : "600";
    expect([entry.name, await modeOf(join(folder, entry.name))]).toEqual([entry.name, expected]);
  }
}

test("a service that dies comes back on its port, and none outlives `up`", async () => {
  await using folder = await temporaryFolder();
  await using up = startUp(folder);
  const { gatewayUrl, apiKey } = await up.ready();
  for (const service of ["coderd", "aibridged"]) {
    process.kill(processOf(up, service), "SIGKILL");
    await up.logged((line) => line.service === service && line.msg === "a service serves again");
    expect((await ask(gatewayUrl, apiKey)).status).toBe(200);
  }
  up.signal("SIGKILL");
  expect(await up.exited).toEqual({ code: null, signal: "SIGKILL" });
});

test("a first run that fails after making the keys leaves them for the next to show", async () => {
  await using folder = await temporaryFolder();
  const taken = createServer();
  const { port } = await bind(taken, { host: "127.0.0.1", port: 0 });
  await using failed = startUp(folder, ["--gateway-listen", `127.0.0.1:${port}`]);
  expect(await failed.exited).toEqual({ code: 1, signal: null });
  taken.close();
  expect(failed.logs.all.filter((line) => "text" in line)).toEqual([
    {
      text: `aibridge: can't listen on 127.0.0.1:${port}: the port is in use. Stop what uses it, or choose another port (0 picks a free one)`,
    },
  ]);

  await using up = startUp(folder, []);
  await up.output.first(
    (line) => /^ {2}export OPENAI_BASE_URL=http:\S+\/openai\/v1 /.test(String(line.text)),
    AbortSignal.timeout(60_000),
  );
  const text = up.output.tail(100);
  expect(text).toMatch(/DEMO/);
  expect(text).toMatch(/^ {2}API key +[A-Za-z0-9]{10}-[A-Za-z0-9]{22} /m);
  expect(text).toMatch(
    /^ {2}ANTHROPIC_BASE_URL=http:\S+\/anthropic ANTHROPIC_AUTH_TOKEN=\S+ claude$/m,
  );
  expect(up.logs.all).toEqual([]);
});
