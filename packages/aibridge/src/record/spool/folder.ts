import { closeSync, constants, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  stat,
  truncate,
  unlink,
} from "node:fs/promises";
import { join } from "node:path";

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
  truncate(name: string, bytes: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** A file for early notes, made when something is first written to it. */
  notes(name: string): NoteFile;
  /**
   * The id of this run of the operating system: while it is the same, what any
   * process wrote is there, synced or not. Undefined: it can't be told.
   */
  readonly boot: string | undefined;
}

export interface StoredFile {
  readonly name: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** A file being written. */
export interface SegmentFile {
  /** Resolves when all of `bytes` are at `offset` and survive a loss of power. */
  write(bytes: Buffer, offset: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A file that survives the process and no loss of power: nothing is synced.
 * Synchronous, for the page cache is memory: a few microseconds. Throws Node's
 * errors.
 */
export interface NoteFile {
  append(bytes: Buffer): void;
  clear(): void;
  /** Closes and removes it, if it is there. */
  remove(): void;
}

/**
 * Linux makes a write durable before it returns if the file was opened so:
 * what fdatasync would do, without a second way through Node's thread pool and
 * event loop. Elsewhere Node's `datasync` knows better what it takes.
 */
const writesThrough = process.platform === "linux";
const creating =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_EXCL |
  (writesThrough ? constants.O_DSYNC : 0);

/** A folder on disk, made if there is none, for its owner's eyes only: prompts are in it. */
export async function openSpoolFolder(path: string): Promise<SpoolFolder> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const boot = await bootId();
  return {
    boot,
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
      await truncate(join(path, name), bytes);
    },
    remove: (name) => unlink(join(path, name)),
    notes: (name) => noteFile(join(path, name)),
  };
}

async function describe(path: string, name: string): Promise<StoredFile> {
  const { size, mtime } = await stat(join(path, name));
  return { name, bytes: size, modifiedAt: new Date(mtime.getTime()) };
}

function segmentFile(file: FileHandle): SegmentFile {
  return {
    async write(bytes, offset) {
      // A full disk takes part of it, and says so only on the next attempt.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
      if (!writesThrough) await file.datasync();
    },
    truncate: (bytes) => file.truncate(bytes),
    close: () => file.close(),
  };
}

function noteFile(path: string): NoteFile {
  let file: number | undefined;
  const opened = () => (file ??= openSync(path, "a", 0o600));
  return {
    append(bytes) {
      const written = writeSync(opened(), bytes);
      if (written < bytes.length) throw new Error(`${bytes.length - written} bytes did not fit`);
    },
    clear: () => ftruncateSync(opened()),
    remove() {
      if (file !== undefined) closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    },
  };
}

/** proc_sys_kernel(5): a random UUID, made when the kernel starts. Linux alone has it. */
async function bootId(): Promise<string | undefined> {
  return await readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (id) => id.trim(),
    () => undefined,
  );
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
