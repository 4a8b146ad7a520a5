import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Secret } from "@aibridge/secret";
import { z } from "zod";
import { Failure } from "./failure.ts";

/** What `up` keeps, so that the administering commands and its next run find coderd. */
export interface Credentials {
  readonly coderdUrl: string;
  readonly gatewayUrl: string;
  readonly ownerKey: Secret;
  readonly gatewayKey: Secret;
  /** The first user's key, for as long as nobody has seen it. */
  readonly unshownKey?: Secret | undefined;
}

/** The folder of `up`. Only its owner can read it, as it holds keys. */
export interface DataFolder {
  readonly path: string;
  /** Where the embedded store lives. */
  readonly store: string;
  /** Resolves to undefined if `up` never finished a first run here. */
  readCredentials(): Promise<Credentials | undefined>;
  writeCredentials(credentials: Credentials): Promise<void>;
  /** The text of a file of keys, made by `make` the first time. */
  readOrMakeKeys(make: () => string): Promise<Secret>;
}

const secret = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));
const credentialsSchema = z.object({
  coderdUrl: z.string(),
  gatewayUrl: z.string(),
  ownerKey: secret,
  gatewayKey: secret,
  unshownKey: secret.optional(),
});

/** The folder at this path, whether it is there or not. */
export function dataFolder(path: string): DataFolder {
  const credentialsFile = join(path, "credentials.json");
  const keysFile = join(path, "encryption-keys");
  return {
    path,
    store: join(path, "store"),
    async readCredentials() {
      const text = await readIfThere(credentialsFile);
      return text === undefined ? undefined : parseCredentials(text, credentialsFile);
    },
    async writeCredentials(credentials) {
      // Secrets don't print by themselves; this file is the place for them.
      const shown = Object.entries(credentials).map(([name, value]) => [
        name,
        value instanceof Secret ? value.reveal() : value,
      ]);
      const text = JSON.stringify(Object.fromEntries(shown), null, 2);
      await writePrivate(credentialsFile, `${text}\n`);
    },
    async readOrMakeKeys(make) {
      const text = await readIfThere(keysFile);
      if (text !== undefined) return new Secret(text.trim());
      const made = make();
      await writePrivate(keysFile, `${made}\n`);
      return new Secret(made);
    },
  };
}

/** Makes the folder, and takes it from everybody but its owner. */
export async function makeDataFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await chmod(path, 0o700);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure("data_folder", `can't use ${path} for data: ${reason}`, { cause });
  }
}

function parseCredentials(text: string, file: string): Credentials {
  try {
    return credentialsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Failure("data_folder", `${file} is not what \`aibridge up\` wrote`, { cause });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure("data_folder", `can't read ${file}: ${code}`, { cause });
  }
}

/** Writes a file that is whole or not there, and that only its owner can read. */
async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o600, flush: true });
  await rename(temporary, file);
}
