import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** A client in another language: how to run it, and how its code is generated. */
export interface ClientExample {
  readonly language: string;
  /** Why it can't be had here: a toolchain that is absent. Undefined if it can. */
  readonly missing: string | undefined;
  /** Makes what is to be run, and resolves to the command. `folder` is empty and temporary. */
  build(folder: string): Promise<readonly [command: string, ...args: string[]]>;
  /** Generates from `proto/` into `gen` of a folder, as its README says. */
  generate(folder: string): Promise<void>;
  /** What is committed of that. */
  readonly committed: string;
}

const execute = promisify(execFile);
const limits = { timeout: 240_000, maxBuffer: 16 * 1_024 * 1_024 };

/** The path of something in this folder. */
export function examplePath(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * Runs a tool to its end, in the environment of the tests: toolchains have
 * caches and proxies of their own. Rejects, with what it wrote, if it fails.
 */
export async function runTool(command: string, args: readonly string[], cwd = "."): Promise<void> {
  await execute(command, args, { ...limits, cwd: examplePath(cwd) });
}

/** Why a tool that should succeed does not; undefined if it does. */
export async function failureOf(what: string, attempt: Promise<void>): Promise<string | undefined> {
  return await attempt.then(
    () => undefined,
    (error) => `${what}: ${error instanceof Error ? error.message : String(error)}`,
  );
}

/** What `diff` says of two folders: nothing, if they hold the same. */
export async function differences(one: string, other: string): Promise<string> {
  // A run of Python leaves its bytecode beside the source.
  const args = ["-r", "-x", "__pycache__", one, other];
  return await execute("diff", args, limits).then(
    ({ stdout }) => stdout,
    (error) => `${error.stdout ?? ""}${error.stderr ?? ""}` || String(error),
  );
}
