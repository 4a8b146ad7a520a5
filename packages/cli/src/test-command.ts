import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { fieldOf, startAibridge } from "@aibridge/testing/harness/aibridge";
import { runCli } from "./run-cli.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

/** What a command printed, and its exit code. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** For tests: runs the real command to its end, with only these variables set. */
export async function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin = "",
): Promise<Outcome> {
  const child = spawn(process.execPath, [main, ...args], { env, timeout: 60_000 });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.stdin.end(stdin);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exited, stdout, stderr };
}

/** For tests: the same without a process of its own, which takes half a second each. */
export async function runHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin = "",
): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { env, stdin: Readable.from([stdin]), stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

/** For tests: a folder that is removed with everything in it. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "aibridge-cli-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** For tests: a real coderd on a new embedded store, as production starts one. */
export async function startTestCoderd() {
  await using opened = new AsyncDisposableStack();
  const { path } = opened.use(await temporaryFolder());
  const { stdout } = await runCommand(["bootstrap", "--json", "--data", path]);
  const keys = JSON.parse(stdout);
  const coderd = opened.use(
    startAibridge(["coderd", "--json", "--data", path, "--coderd-listen", "127.0.0.1:0"], {
      AIBRIDGE_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
    }),
  );
  const url = fieldOf(await coderd.ready(), "url");
  const ownerKey: string = keys.ownerKey;
  const gatewayKey: string = keys.gatewayKey;
  const resources = opened.move();
  return {
    url,
    ownerKey,
    gatewayKey,
    /** The environment in which commands administer it. */
    env: { AIBRIDGE_URL: url, AIBRIDGE_TOKEN: ownerKey },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
