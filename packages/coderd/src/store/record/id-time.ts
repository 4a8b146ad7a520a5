/** The time that a UUIDv7 holds, in milliseconds since 1970: its first 48 bits (RFC 9562). */
export function timeMsOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The least UUID of a time: those of that millisecond or later are not less. */
export function firstIdAt(timeMs: number): string {
  const hex = Math.max(0, Math.floor(timeMs)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The least UUID of the day, in UTC, that an id holds: what names the partition it is in. */
export function firstIdOfDay(id: string): string {
  const timeMs = timeMsOfId(id);
  return firstIdAt(timeMs - (timeMs % dayMs));
}

const dayMs = 24 * 3_600_000;
