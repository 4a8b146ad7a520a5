import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientExample, examplePath, failureOf, runTool } from "./client-example.ts";

const requirements = examplePath("python/requirements.txt");

/** `examples/python`, if there is a Python that can get its packages. */
export async function pythonExample(): Promise<ClientExample> {
  const version = createHash("sha256")
    .update(await readFile(requirements))
    .digest("hex");
  const venv = join(tmpdir(), `aibridge-example-python-${version.slice(0, 16)}`);
  const python = join(venv, "bin", "python");
  return {
    language: "Python",
    missing: await failureOf("no Python with the packages", makeEnvironment(venv)),
    build: async () => [python, examplePath("python/is_authorized.py")],
    generate: (folder) => runTool(python, ["generate.py", join(folder, "gen")], "python"),
    committed: examplePath("python/gen"),
  };
}

/** Makes it once for each version of the requirements, beside its place, so that nobody sees half. */
async function makeEnvironment(venv: string): Promise<void> {
  if (existsSync(venv)) return;
  const draft = await mkdtemp(`${venv}-`);
  try {
    await runTool("python3", ["-m", "venv", draft]);
    // As a module: the scripts of a moved environment point to its old place.
    const pip = ["-m", "pip", "install", "--quiet", "--requirement", requirements];
    await runTool(join(draft, "bin", "python"), pip);
    await rename(draft, venv);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another run of the tests may have been quicker.
    if (!existsSync(venv)) throw error;
  }
}
