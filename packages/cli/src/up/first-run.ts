import { randomBytes } from "node:crypto";
import type { Logger } from "@aibridge/runtime";
import type { Credentials, DataFolder } from "../data-folder.ts";
import { Failure } from "../failure.ts";

/** A key ring with one new key, as AIBRIDGE_ENCRYPTION_KEYS takes it. */
export function newEncryptionKeys(): string {
  return `first:${randomBytes(32).toString("base64")}`;
}

/**
 * The credentials of the folder. On a first run the store is made, and with it
 * an owner, a user and a gateway key, which are kept before anything else can
 * fail: the user's key stays in the folder until it was shown.
 */
export async function credentialsOf(folder: DataFolder, log: Logger): Promise<Credentials> {
  const kept = await folder.readCredentials();
  if (kept !== undefined) return kept;
  // Loaded when needed: it brings a whole database.
  const { bootstrap, openStore } = await import("@aibridge/coderd");
  await using store = await openStore({ databaseUrl: undefined, data: folder.path }, { log });
  const made = await bootstrap(store);
  if (made === undefined) {
    throw new Failure(
      "data_folder",
      `the store in ${folder.path} has users, but their keys (credentials.json) are gone. Put the file back, or start anew in another folder with --data`,
    );
  }
  const { ownerKey, gatewayKey, userKey } = made;
  const credentials = { coderdUrl: "", gatewayUrl: "", ownerKey, gatewayKey, unshownKey: userKey };
  await folder.writeCredentials(credentials);
  return credentials;
}
