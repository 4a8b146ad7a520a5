import { createHash } from "node:crypto";

/** What decides about the session of an interception. */
interface SessionFacts {
  readonly initiatorId: string;
  readonly client: string;
  readonly clientSessionId: string;
}

/**
 * The session that an interception belongs to (wire.md, section 7): what the
 * client says, else the root of its thread. What the client says counts for its
 * initiator and client only, so nobody can write into another's session. The id
 * is a hash of the three (a UUIDv8, RFC 9562), so that processes agree on it
 * without asking anybody.
 */
export function sessionIdOf(
  { initiatorId, client, clientSessionId }: SessionFacts,
  rootId: string,
): string {
  if (clientSessionId === "") return rootId;
  const parts = JSON.stringify([initiatorId, client, clientSessionId]);
  const bytes = createHash("sha256").update(parts).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
