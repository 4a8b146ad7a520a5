import type { SegmentFile, SpoolFolder } from "./folder.ts";

/** A folder in memory that can fill up, fail, stall, and lose what was not synced. */
export interface TestDisk {
  readonly folder: SpoolFolder;
  readonly files: ReadonlyMap<string, Buffer>;
  /** How often something was made durable. */
  syncs(): number;
  /** Asked before each operation; what it throws is the operation's error. */
  fault: (operation: "write" | "sync" | "read" | "create" | "remove") => void;
  /** Syncs wait for it. */
  gate: Promise<void>;
  /**
   * The power is gone. Names in the folder survive; of what was not synced,
   * `keep` of it does (0 to 1).
   */
  crash(keep: number): void;
  /** The process is gone; all that it wrote is there. */
  kill(): void;
  replace(name: string, bytes: Buffer): void;
}

interface MemoryFile {
  bytes: Buffer;
  durable: Buffer;
}

export function createTestDisk(): TestDisk {
  const files = new Map<string, MemoryFile>();
  let [syncs, generation, boot] = [0, 0, 0];
  const fileOf = (name: string): MemoryFile => {
    const file = files.get(name);
    if (!file) throw Object.assign(new Error(`no such file: ${name}`), { code: "ENOENT" });
    return file;
  };
  /** As one process sees it: what died does nothing any longer, and is told nothing. */
  const folderOf = (mine: number): SpoolFolder => {
    const alive = async () => {
      if (mine !== generation) await new Promise(() => {});
    };
    return {
      boot: String(boot),
      list: async () =>
        [...disk.files].map(([name, bytes]) => ({
          name,
          bytes: bytes.length,
          modifiedAt: new Date(7_000),
        })),
      async create(name) {
        await alive();
        disk.fault("create");
        files.set(name, { bytes: Buffer.alloc(0), durable: Buffer.alloc(0) });
        return openFile(fileOf(name));
      },
      async read(name, offset, length) {
        disk.fault("read");
        return Buffer.from(fileOf(name).bytes.subarray(offset, offset + length));
      },
      async truncate(name, bytes) {
        const file = fileOf(name);
        file.bytes = file.bytes.subarray(0, bytes);
        file.durable = file.bytes;
      },
      async remove(name) {
        await alive();
        disk.fault("remove");
        files.delete(name);
      },
    };
  };
  const disk: TestDisk = {
    get folder() {
      return folderOf(generation);
    },
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

  function openFile(file: MemoryFile): SegmentFile {
    const mine = generation;
    const isDead = () => mine !== generation;
    return {
      write(bytes, offset) {
        if (isDead()) return;
        disk.fault("write");
        file.bytes = Buffer.concat([file.bytes.subarray(0, offset), bytes]);
      },
      async sync() {
        const { bytes } = file;
        await disk.gate;
        if (isDead()) await new Promise(() => {});
        disk.fault("sync");
        syncs += 1;
        file.durable = bytes;
      },
      truncate(bytes) {
        if (!isDead()) file.bytes = file.bytes.subarray(0, bytes);
      },
      close: async () => {},
    };
  }
  return disk;
}
