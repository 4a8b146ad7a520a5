import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { searchPath } from "@aibridge/testing/environment";

const run = promisify(execFile);

/** Where `ip` and `nft` are, which not every user's PATH names. */
const path = `${searchPath}:/usr/sbin:/sbin`;

/** A network namespace with two links to ours: one to be broken, one that always passes. */
export interface Namespace extends AsyncDisposable {
  readonly name: string;
  /** Its address on the link that can be broken. */
  readonly breakable: string;
  /** Ours on that link. */
  readonly oursOnBreakable: string;
  /** Its address on the other one. */
  readonly steady: string;
  /** From now on every packet of the breakable link is dropped, both ways, without a word. */
  drop(): Promise<void>;
  /** Ends a `drop`. */
  pass(): Promise<void>;
}

/** What is missing to make namespaces; undefined if nothing is. */
export async function missingForNamespaces(): Promise<string | undefined> {
  try {
    await using namespace = await createNamespace(0);
    await namespace.drop();
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `network namespaces: Linux, root, iproute2 and nftables (${why.split("\n")[0]})`;
  }
}

/**
 * Makes a namespace. Disposing it removes its links, too. Several at the same
 * time need different numbers, from 0 to 63.
 */
export async function createNamespace(number: number): Promise<Namespace> {
  const id = randomBytes(3).toString("hex");
  const name = `aibridge-${id}`;
  // RFC 2544 keeps 198.18.0.0/15 for tests of networks; of two runs at the same
  // time each has its own part, by the id of its process.
  const net = `198.18.${process.pid % 256}`;
  const at = (host: number) => `${net}.${4 * number + host}`;
  const steadyNet = `198.19.${process.pid % 256}`;
  const steadyAt = (host: number) => `${steadyNet}.${4 * number + host}`;
  await run("ip", ["netns", "add", name], { env: { PATH: path } });
  const namespace: Namespace = {
    name,
    breakable: at(2),
    oursOnBreakable: at(1),
    steady: steadyAt(2),
    drop: () => nft(name, dropping),
    pass: () => nft(name, "delete table inet partition"),
    async [Symbol.asyncDispose]() {
      await run("ip", ["netns", "delete", name], { env: { PATH: path } });
    },
  };
  try {
    await link(name, `b${id}`, "breakable", at);
    await link(name, `s${id}`, "steady", steadyAt);
    await run("ip", ["-n", name, "link", "set", "lo", "up"], { env: { PATH: path } });
    return namespace;
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
}

/** A command, and what it needs to run in a namespace. */
export function within(namespace: Namespace, command: string, args: readonly string[]) {
  return { command: "ip", args: ["netns", "exec", namespace.name, command, ...args], path };
}

/** A pair of ends, ours with host 1 of its network and the namespace's with host 2. */
async function link(name: string, ours: string, theirs: string, at: (host: number) => string) {
  const ip = (...args: string[]) => run("ip", args, { env: { PATH: path } });
  await ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name);
  await ip("address", "add", `${at(1)}/30`, "dev", ours);
  await ip("link", "set", ours, "up");
  await ip("-n", name, "address", "add", `${at(2)}/30`, "dev", theirs);
  await ip("-n", name, "link", "set", theirs, "up");
}

/** Of what TCP sends, what is dropped on its way out is dropped silently, too. */
const dropping = `
table inet partition {
  chain arriving { type filter hook input priority 0; iifname "breakable" drop; }
  chain leaving { type filter hook output priority 0; oifname "breakable" drop; }
}`;

async function nft(name: string, rules: string): Promise<void> {
  const child = run("ip", ["netns", "exec", name, "nft", "-f", "-"], { env: { PATH: path } });
  child.child.stdin?.end(rules);
  await child;
}
