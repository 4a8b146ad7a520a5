import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Lets go of what starting needed and serving does not. V8 grows its heap for the
 * hundreds of modules of a start, and gives nothing back of itself to a process
 * that then rests: 40 of an idle gateway's 160 MB. It takes some 80 ms, in which
 * nothing else happens, so call it before anybody is served.
 *
 * Node offers V8's collector only behind a flag
 * (https://nodejs.org/api/cli.html#--expose-gc), which holds for contexts that are
 * made while it is set.
 */
export function forgetStart(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect(everything);
}

/** Compiled code that has not run for a while and unused pages of the heap, too. */
const everything = { type: "major", execution: "sync", flavor: "last-resort" };
