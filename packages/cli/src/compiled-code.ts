import { existsSync, mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps what Node makes of our TypeScript from one start to the next, so that
 * the next takes half as long and need not load the compiler, which is 30 MB.
 * It is code that will be run, so it is kept where only this user writes: not
 * in Node's default, which is a folder for temporary files. Where there is no
 * home, or it can't be written to, nothing is kept.
 *
 * A process keeps it when it ends by itself. One that serves may be killed, and
 * has kept it when it says that it serves (`runProcess`).
 *
 * `NODE_COMPILE_CACHE` names another folder, and child processes find it there;
 * `NODE_DISABLE_COMPILE_CACHE=1` keeps nothing
 * (https://nodejs.org/api/module.html#module-compile-cache).
 */
export function keepCompiledCode({ env }: Pick<NodeJS.Process, "env">): void {
  if (env.NODE_DISABLE_COMPILE_CACHE) return;
  const folder = env.NODE_COMPILE_CACHE ?? ownFolder(env);
  if (folder === undefined) return;
  env.NODE_COMPILE_CACHE = folder;
  enableCompileCache();
}

function ownFolder({ XDG_CACHE_HOME }: NodeJS.ProcessEnv): string | undefined {
  try {
    const caches = XDG_CACHE_HOME || join(homedir(), ".cache");
    const folder = join(caches, "aibridge");
    for (const path of [caches, folder]) makeFolder(path);
    return folder;
  } catch {
    return undefined;
  }
}

/** One level only, and not `recursive`, which never returns for a home that is in /proc. */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
}
