import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { searchPath } from "@aibridge/testing/environment";
import { StartedProcess } from "@aibridge/testing/harness";
import { startTap, type Tap } from "@aibridge/testing/tap";
import { beforeEach } from "@jest/globals";
import { share } from "../share.ts";
import { startWorld, type World } from "../world.ts";
import { type Agent, commandOf } from "./installed.ts";

/** An upstream behind a gateway behind a tap: an agent connects to the tap. */
export interface AgentWorld extends World {
  readonly tap: Tap;
}

/**
 * One world for all tests of a file, which forgets between them. Its upstream
 * speaks both APIs and takes nothing but the gateway's own credential.
 *
 * @param env further variables for the gateway.
 */
export function shareAgentWorld(env: Readonly<Record<string, string>> = {}): () => AgentWorld {
  const world = share(() => startAgentWorld(env));
  beforeEach(() => {
    world().upstream.clear();
    world().tap.requests.length = 0;
  });
  return world;
}

async function startAgentWorld(env: Readonly<Record<string, string>>): Promise<AgentWorld> {
  await using stack = new AsyncDisposableStack();
  const { upstream, pair } = stack.use(await startWorld({ strict: true, env }));
  const tap = stack.use(await startTap(pair.gatewayUrl));
  const owned = stack.move();
  return { upstream, pair, tap, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** How to run an agent: with these variables and files, and nothing of this machine's but `PATH`. */
export interface AgentRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files of its home folder, by path, such as its configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Runs an agent to its end in an empty home folder, and resolves to what it
 * printed. Rejects, with all it said, if it fails.
 */
export async function runAgent(agent: Agent, { args, env, files = {} }: AgentRun): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "aibridge-agent-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(home, path)), { recursive: true });
      await writeFile(join(home, path), text);
    }
    await using process = new StartedProcess({
      command: commandOf(agent),
      args,
      cwd: home,
      env: { PATH: searchPath, HOME: home, ...env },
    });
    const { code } = await process.exited;
    const printed = process.output.tail(1000);
    if (code !== 0) throw new Error(`exit ${code}\n${printed}\n${process.logs.tail(1000)}`);
    return printed;
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
