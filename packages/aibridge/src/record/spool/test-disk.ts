import type { NoteFile, SegmentFile, SpoolFolder } from "./folder.ts";

/** A folder in memory that can fill up, fail, stall, and lose what was not synced. */
export interface TestDisk {
  readonly folder: SpoolFolder;
  readonly files: ReadonlyMap<string, Buffer>;
  /** How often something was made durable. */
  syncs(): number;
  /** Asked before each operation; what it throws is the operation's error. */
  fault: (operation: "write" | "sync" | "read" | "create" | "remove" | "note") => void;
  /** Operations wait for it. */
  gate: Promise<void>;
  /** The early notes. */
  readonly notes: ReadonlyMap<string, Buffer>;
  /**
   * The power is gone. Names in the folder survive; of what was not synced,
   * `keep` of it does (0 to 1). The notes survive as well, as they may.
   */
  crash(keep: number): void;
  /** The process is gone, and what was not written yet; all that was written is there. */
  kill(): void;
  replace(name: string, bytes: Buffer): void;
}

interface MemoryFile {
  bytes: Buffer;
  durable: Buffer;
}

export function createTestDisk(): TestDisk {
  const files = new Map<string, MemoryFile>();
  const notes = new Map<string, Buffer>();
  let [syncs, generation, boot] = [0, 0, 0];
  const fileOf = (name: string): MemoryFile => {
    const file = files.get(name);
    if (!file) throw Object.assign(new Error(`no such file: ${name}`), { code: "ENOENT" });
    return file;
  };
  const disk: TestDisk = {
    folder: {
      get boot() {
        return String(boot);
      },
      list: async () =>
        [...disk.files, ...notes].map(([name, bytes]) => ({
          name,
          bytes: bytes.length,
          modifiedAt: new Date(7_000),
        })),
      async create(name) {
        disk.fault("create");
        files.set(name, { bytes: Buffer.alloc(0), durable: Buffer.alloc(0) });
        return openFile(fileOf(name));
      },
      async read(name, offset, length) {
        disk.fault("read");
        const bytes = notes.get(name) ?? fileOf(name).bytes;
        return Buffer.from(bytes.subarray(offset, offset + length));
      },
      async truncate(name, bytes) {
        const file = fileOf(name);
        file.bytes = file.bytes.subarray(0, bytes);
        file.durable = file.bytes;
      },
      async remove(name) {
        disk.fault("remove");
        files.delete(name);
      },
      notes: (name) => noteFile(name),
    },
    notes,
    get files() {
      return new Map([...files].map(([name, { bytes }]) => [name, bytes]));
    },
    syncs: () => syncs,
    fault: () => {},
    gate: Promise.resolve(),
    crash(keep) {
      disk.kill();
      boot += 1;
      for (const file of files.values()) {
        const lost = file.bytes.length - file.durable.length;
        file.bytes = file.bytes.subarray(0, file.durable.length + Math.floor(lost * keep));
        file.durable = file.bytes;
      }
    },
    kill() {
      // A process that died writes no more.
      generation += 1;
    },
    replace: (name, bytes) => void files.set(name, { bytes, durable: bytes }),
  };

  function noteFile(name: string): NoteFile {
    return {
      append(bytes) {
        disk.fault("note");
        notes.set(name, Buffer.concat([notes.get(name) ?? Buffer.alloc(0), bytes]));
      },
      clear: () => void notes.set(name, Buffer.alloc(0)),
      remove: () => void notes.delete(name),
    };
  }

  function openFile(file: MemoryFile): SegmentFile {
    const mine = generation;
    const use = async (operation: "write" | "sync") => {
      await disk.gate;
      if (mine !== generation) await new Promise(() => {});
      disk.fault(operation);
    };
    return {
      async write(bytes, offset) {
        await use("write");
        file.bytes = Buffer.concat([file.bytes.subarray(0, offset), bytes]);
        await use("sync");
        syncs += 1;
        file.durable = file.bytes;
      },
      async truncate(bytes) {
        file.bytes = file.bytes.subarray(0, bytes);
      },
      close: async () => {},
    };
  }
  return disk;
}
