import { createHash } from "node:crypto";

/** A tool, as its server and its user know it. */
export interface ServerTool {
  readonly serverId: string;
  readonly toolName: string;
}

const nameLengthMax = 64;
const hashLength = 10;

/**
 * The tools by the names that a model knows them by, in the order of server
 * ids and then tool names. A name is `bmcp_<server id>_<tool>`; where that is
 * too long, has other characters than [A-Za-z0-9_-] or is taken, it is cut and
 * ends in a hash of both (wire.md, section 8).
 *
 * Names and order depend on what the tools are, and never on the order that
 * they come in: a model's prompt cache would suffer. No tool may come twice.
 */
export function nameTools<T extends ServerTool>(tools: readonly T[]): ReadonlyMap<string, T> {
  const taken = new Set(tools.map(plainName).filter(isSound));
  const owners = new Set<string>();
  const names = new Map<string, T>();
  for (const tool of [...tools].sort(byServerAndName)) {
    const plain = plainName(tool);
    const name = isSound(plain) && !owners.has(plain) ? plain : hashedName(tool, plain, taken);
    owners.add(name);
    taken.add(name);
    names.set(name, tool);
  }
  return names;
}

function plainName({ serverId, toolName }: ServerTool): string {
  return `bmcp_${serverId}_${toolName}`;
}

function isSound(name: string): boolean {
  return name.length <= nameLengthMax && /^[A-Za-z0-9_-]+$/.test(name);
}

/** A free name. Only who looks for a collision of hashes sees more than the first round. */
function hashedName(
  { serverId, toolName }: ServerTool,
  plain: string,
  taken: ReadonlySet<string>,
): string {
  const kept = plain.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, nameLengthMax - hashLength - 1);
  for (let round = 0; ; round++) {
    const hash = createHash("sha256").update(JSON.stringify([serverId, toolName, round]));
    const name = `${kept}_${hash.digest("hex").slice(0, hashLength)}`;
    if (!taken.has(name)) return name;
  }
}

function byServerAndName(a: ServerTool, b: ServerTool): number {
  return compare(a.serverId, b.serverId) || compare(a.toolName, b.toolName);
}

/** By code units: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
