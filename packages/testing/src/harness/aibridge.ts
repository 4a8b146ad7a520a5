import { fileURLToPath } from "node:url";
import { searchPath } from "../environment.ts";
import type { Line } from "./json-lines.ts";
import { StartedProcess } from "./started-process.ts";

const cli = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

/** Starts the `aibridge` command, with only these variables, `PATH` and leave to use loopback in its environment. */
export function startAibridge(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): StartedProcess {
  return new StartedProcess({
    command: process.execPath,
    args: [cli, ...args],
    // Fakes are on loopback, and a test that is about that says otherwise.
    env: { PATH: searchPath, AIBRIDGE_PRIVATE_UPSTREAMS: "allow", ...env },
  });
}

/** A text of a ready line. Throws if it is not there. */
export function fieldOf(ready: Line, name: string): string {
  const value = ready[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`no ${name} in the ready line, which has ${Object.keys(ready).join(", ")}`);
}
