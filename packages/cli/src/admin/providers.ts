import {
  type Provider,
  ProviderSchema,
  ProviderType,
} from "@aibridge/proto/coder/aibridge/v1/provider";
import { httpUrl, oneOf, optional, required } from "@aibridge/runtime";
import type { Command } from "commander";
import { addCommand, flag, type SettingsOf, switchFlag } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { credentialFlags, readCredential } from "./credential-input.ts";
import { everyPage } from "./pages.ts";
import { addProviderKeyCommands } from "./provider-keys.ts";
import { type AdminSession, adminFlags, openSession } from "./session.ts";
import { json, orDash, present, time } from "./text.ts";

const types = { anthropic: ProviderType.ANTHROPIC, openai: ProviderType.OPENAI } as const;
const typeNames: Readonly<Record<number, string>> = {
  [ProviderType.ANTHROPIC]: "anthropic",
  [ProviderType.OPENAI]: "openai",
};

const baseUrlFlag = flag(
  "--base-url <url>",
  "where it is; with /v1 for openai, without for anthropic",
  optional("AIBRIDGE_BASE_URL", httpUrl),
);

/** Adds `aibridge providers`. */
export function addProviderCommands(program: Command, surroundings: Surroundings): void {
  const parent = program.command("providers").description("The upstreams that gateways relay to");
  addCreate(parent, surroundings);
  addList(parent, surroundings);
  addUpdate(parent, surroundings);
  addDelete(parent, surroundings);
  addChanges(parent, surroundings);
  addProviderKeyCommands(parent, surroundings);
}

function addCreate(parent: Command, surroundings: Surroundings): void {
  const { env, stdout } = surroundings;
  addCommand(parent, env, {
    usage: "create <name>",
    help: "add a provider; without a credential, only users who bring their own can use it",
    flags: {
      ...adminFlags,
      type: flag(
        "--type <type>",
        "which API it speaks: anthropic or openai",
        required("AIBRIDGE_TYPE", oneOf("anthropic", "openai")),
      ),
      baseUrl: baseUrlFlag,
      ...credentialFlags,
    },
    async run(settings, name = "") {
      const credential = await readCredential(settings, surroundings);
      const { providers } = await openSession(settings);
      const { provider } = await providers.createProvider({
        name,
        type: types[settings.type],
        baseUrl: settings.baseUrl ?? "",
        credential: credential?.reveal() ?? "",
      });
      show(stdout, settings.json, shownProvider(provider));
    },
  });
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list providers by name",
    flags: adminFlags,
    async run(settings) {
      const { providers } = await openSession(settings);
      const all = await everyPage(
        (page) => providers.listProviders(page),
        (page) => page.providers,
      );
      show(stdout, settings.json, shownProviders(all));
    },
  });
}

function addUpdate(parent: Command, surroundings: Surroundings): void {
  const { env, stdout } = surroundings;
  addCommand(parent, env, {
    usage: "update <name>",
    help: "change a provider's base URL, or give it one credential in place of all it has",
    flags: {
      ...adminFlags,
      baseUrl: baseUrlFlag,
      ...credentialFlags,
      removeCredential: switchFlag(
        "--remove-credential",
        "from now on only users who bring their own can use it",
        "AIBRIDGE_REMOVE_CREDENTIAL",
      ),
    },
    async run(settings, name = "") {
      const given = await readCredential(settings, surroundings);
      const { baseUrl, removeCredential } = settings;
      if (given !== undefined && removeCredential) {
        throw usageFailure("choose one of a new credential and --remove-credential");
      }
      const credential = removeCredential ? "" : given?.reveal();
      if (credential === undefined && baseUrl === undefined) {
        throw usageFailure("what is to change? Give a base URL or a credential");
      }
      const { providers } = await openSession(settings);
      const { provider } = await providers.updateProvider({
        name,
        ...(baseUrl !== undefined && { baseUrl }),
        ...(credential !== undefined && { credential }),
      });
      show(stdout, settings.json, shownProvider(provider));
    },
  });
}

function addDelete(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "delete <name>",
    help: "remove a provider and its credential",
    flags: adminFlags,
    async run(settings, name = "") {
      const { providers } = await openSession(settings);
      await providers.deleteProvider({ name });
      show(stdout, settings.json, { json: { deleted: name }, text: `deleted ${name}` });
    },
  });
}

function addChanges(parent: Command, { env, stdout }: Surroundings): void {
  const addSimple = (
    usage: string,
    help: string,
    call: (session: AdminSession, name: string) => Promise<{ provider?: Provider | undefined }>,
  ) =>
    addCommand(parent, env, {
      usage,
      help,
      flags: adminFlags,
      async run(settings: SettingsOf<typeof adminFlags>, name = "") {
        const { provider } = await call(await openSession(settings), name);
        show(stdout, settings.json, shownProvider(provider));
      },
    });
  addSimple("get <name>", "show a provider", ({ providers }, name) =>
    providers.getProvider({ name }),
  );
  addSimple("enable <name>", "let requests through again", ({ providers }, name) =>
    providers.enableProvider({ name }),
  );
  addSimple("disable <name>", "make gateways refuse requests to it", ({ providers }, name) =>
    providers.disableProvider({ name }),
  );
}

function shownProvider(answered: Provider | undefined): Shown {
  const provider = present(answered);
  const pairs = {
    name: provider.name,
    id: provider.id,
    type: typeNames[provider.type] ?? "-",
    "base url": provider.baseUrl,
    enabled: String(provider.enabled),
    credential: credentialText(provider) || "none: users bring their own",
    created: time(provider.createTime),
    updated: time(provider.updateTime),
  };
  return { json: { provider: json(ProviderSchema, provider) }, text: facts(pairs) };
}

function credentialText({ credentialHint, keyCount }: Provider): string {
  return keyCount > 1 ? `${credentialHint} and ${keyCount - 1} more` : credentialHint;
}

function shownProviders(providers: readonly Provider[]): Shown {
  const columns = ["name", "type", "base url", "enabled", "credential", "updated"];
  const rows = providers.map((provider) => [
    provider.name,
    typeNames[provider.type] ?? "-",
    provider.baseUrl,
    provider.enabled ? "yes" : "no",
    orDash(credentialText(provider)),
    time(provider.updateTime),
  ]);
  return {
    json: { providers: providers.map((provider) => json(ProviderSchema, provider)) },
    text: table(columns, rows),
  };
}
