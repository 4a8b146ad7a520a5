import { constants, fdatasync, ftruncateSync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bootId } from "./boot-id.ts";

/**
 * What the spool needs of a file system, and no more: a narrow place for tests
 * to put a disk that fills up, fails or loses its power. Errors are Node's.
 */
export interface SpoolFolder {
  list(): Promise<readonly StoredFile[]>;
  /** A new file. Its name, not what is then written to it, is durable. */
  create(name: string): Promise<SegmentFile>;
  /** The bytes from `offset` on: `length` of them, or fewer if the file ends. */
  read(name: string, offset: number, length: number): Promise<Buffer>;
  /** Resolves when the file ends at `bytes`, and all of it survives a loss of power. */
  truncate(name: string, bytes: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** See `bootId`. */
  readonly boot: string | undefined;
}

export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** A file being written. */
export interface SegmentFile {
  /**
   * When it returns, all of `bytes` are at `offset` and survive the process, but
   * no loss of power. Synchronous, for the page cache is memory: a few microseconds.
   */
  write(bytes: Buffer, offset: number): void;
  /** Resolves when all that was written before it was called survives a loss of power. */
  sync(): Promise<void>;
  truncate(bytes: number): void;
  close(): Promise<void>;
}

const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
const datasync = promisify(fdatasync);

/** A folder on disk, made if there is none, for its owner's eyes only: prompts are in it. */
export async function openSpoolFolder(path: string): Promise<SpoolFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return {
    boot: bootId(),
    list: async () => Promise.all((await readdir(path)).map((name) => describe(path, name))),
    async create(name) {
      const file = await open(join(path, name), creating, 0o600);
      await syncFolder(path);
      return segmentFile(file);
    },
    async read(name, offset, length) {
      await using file = await open(join(path, name), "r");
      return readFully(file, offset, length);
    },
    async truncate(name, bytes) {
      await using file = await open(join(path, name), "r+");
      await file.truncate(bytes);
      await file.datasync();
    },
    remove: (name) => unlink(join(path, name)),
  };
}

async function describe(path: string, name: string): Promise<StoredFile> {
  const { size, mtime } = await stat(join(path, name));
  return { name, bytes: size, modifiedAt: new Date(mtime.getTime()) };
}

function segmentFile(file: FileHandle): SegmentFile {
  const { fd } = file;
  return {
    write(bytes, offset) {
      // A full disk takes part of it, and says so only on the next attempt.
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
      }
    },
    sync: () => datasync(fd),
    truncate: (bytes) => ftruncateSync(fd, bytes),
    close: () => file.close(),
  };
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

/** fsync(2): that a file is durable does not mean that the entry of its name is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  await folder.sync();
}
