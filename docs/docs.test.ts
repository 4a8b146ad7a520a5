import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Pair, startPair } from "@aibridge/testing/harness";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { afterAll, beforeAll, test } from "@jest/globals";
import { runPage } from "./run-page.ts";

/** Each command is a process or several, on machines that are busy with other tests. */
const timeoutMs = 180_000;

const withoutCurl = await promisify(execFile)("curl", ["--version"]).then(
  () => undefined,
  () => "no curl on the PATH",
);

/** Commands of pages write here, if anywhere. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aibridge-docs-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

suiteThatNeeds(withoutCurl, "docs, on the pair of `aibridge up`", () => {
  let pair: Pair;
  const opened = new AsyncDisposableStack();
  beforeAll(async () => {
    pair = opened.use(await startPair());
  }, timeoutMs);
  afterAll(() => opened.disposeAsync());

  const onPair = () => ({
    HOME: folder,
    TMPDIR: folder,
    AIBRIDGE_URL: pair.coderdUrl,
    AIBRIDGE_TOKEN: pair.ownerKey,
    AIBRIDGE_GATEWAY_KEY: pair.gatewayKey,
    AIBRIDGE_API_KEY: pair.apiKey,
    AIBRIDGE_API_KEY_ID: pair.apiKey.slice(0, 10),
  });
  const runOnPair = (page: string) => runPage(page, onPair());

  test(
    "every command of the README does what the page says",
    () => runPage("README.md", { ...onPair(), GATEWAY: pair.gatewayUrl }),
    timeoutMs,
  );
  // proves: clients.buf-curl
  test(
    "every command of buf-curl.md does what the page says",
    () => runOnPair("docs/buf-curl.md"),
    timeoutMs,
  );
  test(
    "every command of mcp.md does what the page says",
    () => runOnPair("docs/mcp.md"),
    timeoutMs,
  );
  test(
    "every command of clients.md does what the page says",
    () => runOnPair("docs/clients.md"),
    timeoutMs,
  );
});

suiteThatNeeds(withoutCurl, "docs, from an empty database on", () => {
  describeWithDatabase("PostgreSQL", (databaseUrl) => {
    test(
      "every command of running.md does what the page says",
      () =>
        runPage("docs/running.md", {
          HOME: folder,
          DATABASE_URL: databaseUrl(),
          ANTHROPIC_API_KEY: "sk-ant-as-the-provider-gave-it",
          AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
          AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
          AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
        }),
      timeoutMs,
    );
  });
});
