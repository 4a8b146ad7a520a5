import { readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { searchPath } from "@aibridge/testing/environment";
import { StartedProcess } from "@aibridge/testing/harness";
import { outputPattern, type Snippet, snippetsOf } from "./snippets.ts";

/** The repository, in which the commands of all pages are run. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

const startTimeoutMs = 30_000;

/**
 * Runs the commands of a page in their order, with these variables and those
 * that outputs named. Rejects with the line of the first that does not do what
 * the page says. Processes that the page starts end with it.
 *
 * @param page its path, from the root of the repository
 */
export async function runPage(page: string, env: Readonly<Record<string, string>>): Promise<void> {
  await using processes = new AsyncDisposableStack();
  const variables: Record<string, string> = { ...env };
  for (const snippet of snippetsOf(await readFile(`${root}${page}`, "utf8"))) {
    const started = processes.use(start(snippet, variables));
    const printed = snippet.serves ? await firstLine(started) : await end(started, snippet, page);
    if (snippet.output === undefined) continue;
    const match = outputPattern(snippet.output, variables).exec(printed);
    if (match === null) throw new Error(`${page}:${snippet.line} printed\n${printed}`);
    Object.assign(variables, match.groups);
  }
}

function start({ script, serves }: Snippet, env: Readonly<Record<string, string>>): StartedProcess {
  const PATH = `${root}node_modules/.bin${delimiter}${searchPath}`;
  const bothOutputs = serves ? "" : "exec 2>&1\n";
  return new StartedProcess({
    command: "sh",
    args: ["-eu", "-c", `${bothOutputs}${script}`],
    env: { ...env, PATH },
    cwd: root,
  });
}

async function end(
  started: StartedProcess,
  { line, exitCode }: Snippet,
  page: string,
): Promise<string> {
  const { code } = await started.exited;
  const printed = started.output.tail(Number.POSITIVE_INFINITY);
  if (code === exitCode) return printed;
  throw new Error(`${page}:${line} exited with ${code}, not ${exitCode}\n${printed}`);
}

async function firstLine({ output, logs }: StartedProcess): Promise<string> {
  try {
    await output.first(() => true, AbortSignal.timeout(startTimeoutMs));
  } catch (cause) {
    throw new Error(`it printed nothing on stdout, and on stderr\n${logs.tail()}`, { cause });
  }
  return output.tail(1);
}
