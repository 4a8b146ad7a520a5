import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { searchPath } from "@aibridge/testing/environment";
import { StartedProcess } from "@aibridge/testing/harness";

const requirements = fileURLToPath(new URL("requirements.txt", import.meta.url));

/** Python with the SDKs, or why it can't be had here. */
export type PythonEnvironment =
  | { readonly python: string; readonly missing: undefined }
  | { readonly python: undefined; readonly missing: string };

/**
 * A virtual environment with what `requirements.txt` pins, made once per
 * version of that file and kept in the temporary folder. Never rejects: a
 * machine without Python or without an index is told apart by `missing`.
 */
export async function pythonEnvironment(): Promise<PythonEnvironment> {
  const version = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const venv = join(tmpdir(), `aibridge-python-${version.slice(0, 16)}`);
  const python = join(venv, "bin", "python");
  if (existsSync(python)) return { python, missing: undefined };
  try {
    await build(venv);
    return { python, missing: undefined };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { python: undefined, missing: `no Python with the SDKs: ${why}` };
  }
}

/** Builds beside its place and moves there, so that nobody sees half an environment. */
async function build(venv: string): Promise<void> {
  const draft = await mkdtemp(`${venv}-`);
  try {
    await run("python3", ["-m", "venv", draft]);
    // As a module: the scripts of a moved environment point to its old place.
    const pip = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
    await run(join(draft, "bin", "python"), pip);
    await rename(draft, venv);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another test run may have been quicker.
    if (!existsSync(venv)) throw error;
  }
}

/** Runs a program to its end and resolves to what it printed. Rejects with its errors if it fails. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const env = { PATH: searchPath, HOME: tmpdir() };
  await using process = new StartedProcess({ command, args, env });
  const { code } = await process.exited;
  if (code !== 0) throw new Error(`${command} exit ${code}: ${process.logs.tail()}`);
  return process.output.tail();
}
