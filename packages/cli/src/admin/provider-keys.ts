import { type ProviderKey, ProviderKeySchema } from "@aibridge/proto/coder/aibridge/v1/provider";
import type { Command } from "commander";
import { addCommand } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { credentialFlags, readCredential } from "./credential-input.ts";
import { adminFlags, openSession } from "./session.ts";
import { json, present, time } from "./text.ts";

/** Adds `aibridge providers keys`. */
export function addProviderKeyCommands(parent: Command, surroundings: Surroundings): void {
  const { env, stdout } = surroundings;
  const keys = parent
    .command("keys")
    .description("A provider's credentials: the next is used when one is refused or limited");
  addCommand(keys, env, {
    usage: "add <provider>",
    help: "add a credential, to be used after those there are",
    flags: { ...adminFlags, ...credentialFlags },
    async run(settings, name = "") {
      const credential = await readCredential(settings, surroundings);
      if (credential === undefined) throw usageFailure("which credential? Give one");
      const { providers } = await openSession(settings);
      const { key } = await providers.addProviderKey({ name, credential: credential.reveal() });
      show(stdout, settings.json, shownKey(present(key)));
    },
  });
  addCommand(keys, env, {
    usage: "list <provider>",
    help: "list a provider's credentials in the order of their use",
    flags: adminFlags,
    async run(settings, name = "") {
      const { providers } = await openSession(settings);
      show(stdout, settings.json, shownKeys((await providers.listProviderKeys({ name })).keys));
    },
  });
  addCommand(keys, env, {
    usage: "remove <provider> <key-id>",
    help: "take a credential away",
    flags: adminFlags,
    async run(settings, name = "", keyId = "") {
      const { providers } = await openSession(settings);
      await providers.removeProviderKey({ name, keyId });
      show(stdout, settings.json, { json: { removed: keyId }, text: `removed ${keyId}` });
    },
  });
}

function shownKey(key: ProviderKey): Shown {
  const pairs = { id: key.id, credential: key.hint, added: time(key.createTime) };
  return { json: { key: json(ProviderKeySchema, key) }, text: facts(pairs) };
}

function shownKeys(keys: readonly ProviderKey[]): Shown {
  const rows = keys.map((key) => [key.id, key.hint, time(key.createTime)]);
  return {
    json: { keys: keys.map((key) => json(ProviderKeySchema, key)) },
    text: table(["id", "credential", "added"], rows),
  };
}
