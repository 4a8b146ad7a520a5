import { type ApiKey, ApiKeySchema } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { optional, textSchema } from "@aibridge/runtime";
import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import { addCommand, flag, switchFlag } from "../command.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { userIdOf } from "./find-user.ts";
import { everyPage } from "./pages.ts";
import { adminFlags, openSession } from "./session.ts";
import { json, orDash, present, time } from "./text.ts";

const anyText = textSchema("a text", (text) => text);
const secondsOf: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 };
const lifetime = textSchema("a lifetime such as 30m, 12h or 90d", (text) => {
  const match = /^([1-9]\d{0,5})([mhd])$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (secondsOf[match[2] ?? ""] ?? 0);
});

/** Adds `aibridge keys`. */
export function addKeyCommands(program: Command, surroundings: Surroundings): void {
  const parent = program
    .command("keys")
    .description("The API keys that users hand to their agents and programs");
  addCreate(parent, surroundings);
  addList(parent, surroundings);
  addGet(parent, surroundings);
  addRevoke(parent, surroundings);
}

function addCreate(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "create",
    help: "make a key, and show it this once",
    flags: {
      ...adminFlags,
      user: flag(
        "--user <user>",
        "its owner, by name or id; else you",
        optional("AIBRIDGE_USER", anyText),
      ),
      name: flag("--name <text>", "what it is for", optional("AIBRIDGE_NAME", anyText)),
      lifetime: flag(
        "--lifetime <time>",
        "how long it is accepted, such as 30m, 12h or 90d; else until it is revoked",
        optional("AIBRIDGE_LIFETIME", lifetime),
      ),
    },
    async run(settings) {
      const session = await openSession(settings);
      const { apiKey, key } = await session.keys.createApiKey({
        userId: settings.user === undefined ? "" : await userIdOf(session, settings.user),
        name: settings.name ?? "",
        ...(settings.lifetime !== undefined && { lifetime: durationOf(settings.lifetime) }),
      });
      const { json: known, text } = shownKey(apiKey);
      show(stdout, settings.json, {
        json: { ...known, key },
        text: `${text}\n\nThe key is shown this once:\n\n  ${key}\n`,
      });
    },
  });
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list keys in the order they were created",
    flags: {
      ...adminFlags,
      user: flag(
        "--user <user>",
        "only of this user, by name or id",
        optional("AIBRIDGE_USER", anyText),
      ),
      showRevoked: switchFlag("--show-revoked", "revoked keys as well", "AIBRIDGE_SHOW_REVOKED"),
    },
    async run(settings) {
      const session = await openSession(settings);
      const { user, showRevoked } = settings;
      const userId = user === undefined ? "" : await userIdOf(session, user);
      const all = await everyPage(
        (page) => session.keys.listApiKeys({ ...page, userId, showRevoked }),
        (page) => page.apiKeys,
      );
      show(stdout, settings.json, shownKeys(all));
    },
  });
}

function addGet(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "get <id>",
    help: "show what is known of a key",
    flags: adminFlags,
    async run(settings, id = "") {
      const { keys } = await openSession(settings);
      show(stdout, settings.json, shownKey((await keys.getApiKey({ id: idOf(id) })).apiKey));
    },
  });
}

function addRevoke(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "revoke <id>",
    help: "refuse a key for ever",
    flags: adminFlags,
    async run(settings, id = "") {
      const { keys } = await openSession(settings);
      show(stdout, settings.json, shownKey((await keys.revokeApiKey({ id: idOf(id) })).apiKey));
    },
  });
}

/** People paste the whole key as well; its secret goes nowhere. */
function idOf(idOrKey: string): string {
  return idOrKey.split("-", 1)[0] ?? "";
}

function durationOf(seconds: number): Pick<Duration, "seconds" | "nanos"> {
  return { seconds: BigInt(seconds), nanos: 0 };
}

function stateOf({ revokeTime, expireTime }: ApiKey): string {
  if (revokeTime !== undefined) return "revoked";
  const expired = expireTime !== undefined && Number(expireTime.seconds) * 1000 <= Date.now();
  return expired ? "expired" : "live";
}

function shownKey(answered: ApiKey | undefined): Shown {
  const key = present(answered);
  const pairs = {
    id: key.id,
    "user id": key.userId,
    name: orDash(key.name),
    state: stateOf(key),
    created: time(key.createTime),
    expires: time(key.expireTime),
    revoked: time(key.revokeTime),
  };
  return { json: { apiKey: json(ApiKeySchema, key) }, text: facts(pairs) };
}

function shownKeys(keys: readonly ApiKey[]): Shown {
  const columns = ["id", "name", "user id", "state", "created", "expires"];
  const rows = keys.map((key) => [
    key.id,
    orDash(key.name),
    key.userId,
    stateOf(key),
    time(key.createTime),
    time(key.expireTime),
  ]);
  return {
    json: { apiKeys: keys.map((key) => json(ApiKeySchema, key)) },
    text: table(columns, rows),
  };
}
