import type { Readable } from "node:stream";
import { optional, textSchema } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { flag, type SettingsOf, switchFlag } from "../command.ts";
import { usageFailure } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";

/** More than any provider's credential; a wrong file on stdin is longer. */
const credentialBytesMax = 16 * 1024;

/**
 * How a provider's credential is given. Not as an argument: those are in the
 * shell's history, and every user of a machine can list them.
 */
export const credentialFlags = {
  credentialStdin: switchFlag(
    "--credential-stdin",
    "read the provider's credential from stdin",
    "AIBRIDGE_CREDENTIAL_STDIN",
  ),
  credentialEnv: flag(
    "--credential-env <name>",
    "read the provider's credential from this environment variable",
    optional(
      "AIBRIDGE_CREDENTIAL_ENV",
      textSchema("a variable's name", (text) => text),
    ),
  ),
};

/** The credential, or undefined if none is to be read. */
export async function readCredential(
  { credentialStdin, credentialEnv }: SettingsOf<typeof credentialFlags>,
  { env, stdin }: Surroundings,
): Promise<Secret | undefined> {
  if (credentialStdin && credentialEnv !== undefined) {
    throw usageFailure("choose one of --credential-stdin and --credential-env");
  }
  if (credentialStdin) return credentialFrom(await readAll(stdin), "stdin");
  if (credentialEnv === undefined) return undefined;
  return credentialFrom(env[credentialEnv] ?? "", credentialEnv);
}

function credentialFrom(text: string, from: string): Secret {
  const credential = text.trim();
  if (credential === "") throw usageFailure(`${from} holds no credential`);
  return new Secret(credential);
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > credentialBytesMax)
      throw usageFailure("what stdin holds is too long for a credential");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
