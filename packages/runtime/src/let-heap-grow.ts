import { setFlagsFromString } from "node:v8";

/**
 * Lets V8's heap grow to three times what lives in it before all of it is
 * collected, and buffers with it. By itself V8 begins again much earlier where
 * little of the heap is new: a gateway that records 7,000 requests a second had 1.5
 * such collections a second, each of 45 ms beside and up to 25 ms within what it
 * does. And V8 13, which is Node 24, begins whenever buffers hold some 64 MB more
 * than they did: with requests of 400 KB six times a second, for a quarter of what
 * a request costs (decision 17).
 *
 * Both flags (`node --v8-options`) are read at each collection, so they count from
 * the next one on.
 */
export function letHeapGrow(): void {
  setFlagsFromString("--heap-growing-percent=200");
  // Later versions do so by themselves (https://crbug.com/361124432), and Node 22
  // does not know the flag.
  if (isV8Version(13)) setFlagsFromString("--external-memory-accounted-in-global-limit");
}

function isV8Version(major: number): boolean {
  return process.versions.v8.startsWith(`${major}.`);
}
