import type { Runtime } from "node:inspector";

/** Where a function belongs, by the names that a table has. */
export interface Place {
  /** A package, a folder of ours, a part of Node, or what V8 says of time without a function. */
  readonly group: string;
  /** From the repository's or the package's root, without the machine's folders. */
  readonly file: string;
}

/** V8's own names for time in which no function of JavaScript ran. */
const withoutFunction: Readonly<Record<string, string>> = {
  "(idle)": "idle",
  "(program)": "native: outside of JavaScript",
  "(garbage collector)": "garbage collection",
  "(root)": "native: outside of JavaScript",
};

const http = /^node:(_?http|internal\/http)/;
const sockets = /^node:(net|stream|internal\/(stream|streams|js_stream))/;
const installed = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/;
const ours = /^.*\/packages\/([^/]+)\/(.*)$/;
/** The folder of our own source that a file is in, as the architecture names them. */
const area = /^src\/([^/]+)\//;
const benchmark = /^.*\/benchmarks\/(.*)$/;

/** Whose a function of a profile is. */
export function placeOf({ functionName, url }: Runtime.CallFrame): Place {
  if (url === "") {
    const group = withoutFunction[functionName] ?? "native: called from JavaScript";
    return { group, file: "" };
  }
  if (http.test(url)) return { group: "node:http", file: url };
  if (sockets.test(url)) return { group: "node:net and streams", file: url };
  if (url.startsWith("node:")) return { group: "node, the rest", file: url };
  // A package of the workspace is a link, so its files are never in node_modules.
  const [, dependency, within] = installed.exec(url) ?? [];
  if (dependency !== undefined) return { group: dependency, file: `${dependency}/${within}` };
  const [, name, path] = ours.exec(url) ?? [];
  if (name !== undefined && path !== undefined) {
    const [, folder] = area.exec(path) ?? [];
    const group = folder === undefined ? `ours: ${name}` : `ours: ${name}/${folder}`;
    return { group, file: `${name}/${path}` };
  }
  return { group: "the benchmark", file: benchmark.exec(url)?.[1] ?? "" };
}
