import type { EventCodec } from "../codec.ts";
import { openInterceptionsFrom } from "./checkpoint.ts";
import type { SpoolFolder, StoredFile } from "./folder.ts";
import { type Frame, scanFrames } from "./frame.ts";
import { type Segment, sequenceOf } from "./segment-log.ts";

/** What the last owner left behind. */
export interface Recovered {
  readonly segments: readonly Segment[];
  /** How many events the segments hold. */
  readonly events: number;
  /** Interceptions that began and did not end. */
  readonly open: ReadonlySet<string>;
  /** When something was last written. Undefined: never. */
  readonly lastWrittenAt: Date | undefined;
  /** Of the last write, which a crash cut: nobody was told that it is durable. */
  readonly tornBytes: number;
  /** Bytes that were durable once and are no longer readable. */
  readonly damage: readonly { readonly segment: string; readonly bytes: number }[];
}

/** Reads all segments and cuts a torn tail off the last. Memory: one segment at a time. */
export async function recover(folder: SpoolFolder, codec: EventCodec): Promise<Recovered> {
  const files = await segmentsIn(folder);
  const segments: Segment[] = [];
  const damage: { segment: string; bytes: number }[] = [];
  const open = new Set<string>();
  let [events, tornBytes] = [0, 0];

  for (const file of files) {
    const scan = scanFrames(await folder.read(file.name, 0, file.bytes), true);
    const restBytes = file.bytes - scan.consumedBytes;
    const isLast = file === files.at(-1);
    const damagedBytes = scan.damagedBytes + (isLast ? 0 : restBytes);
    if (damagedBytes > 0) damage.push({ segment: file.name, bytes: damagedBytes });
    if (isLast && restBytes > 0) {
      tornBytes = restBytes;
      await folder.truncate(file.name, scan.consumedBytes);
    }
    for (const frame of scan.frames) follow(open, frame, codec);
    events += scan.frames.filter(({ kind }) => kind !== "checkpoint").length;
    segments.push({ name: file.name, bytes: scan.consumedBytes, forgottenBytes: 0 });
  }
  const lastWrittenAt = files.at(-1)?.modifiedAt;
  return { segments, events, open, lastWrittenAt, tornBytes, damage };
}

async function segmentsIn(folder: SpoolFolder): Promise<StoredFile[]> {
  const files = await folder.list();
  return files
    .filter(({ name }) => sequenceOf(name) !== undefined)
    .sort((a, b) => (sequenceOf(a.name) ?? 0) - (sequenceOf(b.name) ?? 0));
}

/** Keeps count of who is open. A checkpoint knows better than what came before it. */
function follow(open: Set<string>, { kind, payload }: Frame, codec: EventCodec): void {
  if (kind === "other") return;
  if (kind === "checkpoint") {
    open.clear();
    for (const id of openInterceptionsFrom(payload)) open.add(id);
    return;
  }
  const id = interceptionIdIn(payload, codec);
  if (id === undefined) return;
  if (kind === "started") open.add(id);
  else open.delete(id);
}

/** Undefined if it can't be read: the reader will meet it again, and report it. */
function interceptionIdIn(payload: Uint8Array, codec: EventCodec): string | undefined {
  try {
    return codec.headOf(payload).interceptionId;
  } catch {
    return undefined;
  }
}
