import { type GatewayKey, GatewayKeySchema } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import type { Command } from "commander";
import { addCommand, switchFlag } from "../command.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { everyPage } from "./pages.ts";
import { type AdminSession, adminFlags, openSession } from "./session.ts";
import { json, present, time } from "./text.ts";

/** Adds `aibridge gateway-keys`. */
export function addGatewayKeyCommands(program: Command, surroundings: Surroundings): void {
  const parent = program
    .command("gateway-keys")
    .description("The keys by which gateways, and services that act for users, present themselves");
  addCreate(parent, surroundings);
  addList(parent, surroundings);
  addGet(parent, surroundings);
  addRevoke(parent, surroundings);
}

function addCreate(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "create <name>",
    help: "make a key, and show it this once",
    flags: {
      ...adminFlags,
      canDelegate: switchFlag(
        "--can-delegate",
        "its holder may act for any user, by the id of one of their keys",
        "AIBRIDGE_CAN_DELEGATE",
      ),
    },
    async run(settings, name = "") {
      const { gatewayKeys } = await openSession(settings);
      const { canDelegate } = settings;
      const { gatewayKey, key } = await gatewayKeys.createGatewayKey({ name, canDelegate });
      const { json: known, text } = shownKey(gatewayKey);
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
      showRevoked: switchFlag("--show-revoked", "revoked keys as well", "AIBRIDGE_SHOW_REVOKED"),
    },
    async run(settings) {
      const { gatewayKeys } = await openSession(settings);
      const { showRevoked } = settings;
      const all = await everyPage(
        (page) => gatewayKeys.listGatewayKeys({ ...page, showRevoked }),
        (page) => page.gatewayKeys,
      );
      show(stdout, settings.json, shownKeys(all));
    },
  });
}

function addGet(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "get <key>",
    help: "show what is known of a key, by name or id",
    flags: adminFlags,
    async run(settings, nameOrId = "") {
      show(stdout, settings.json, shownKey(await findKey(await openSession(settings), nameOrId)));
    },
  });
}

function addRevoke(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "revoke <key>",
    help: "refuse a key for ever, by name or id",
    flags: adminFlags,
    async run(settings, nameOrId = "") {
      const session = await openSession(settings);
      const { id } = await findKey(session, nameOrId);
      const { gatewayKey } = await session.gatewayKeys.revokeGatewayKey({ id });
      show(stdout, settings.json, shownKey(gatewayKey));
    },
  });
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function findKey({ gatewayKeys }: AdminSession, nameOrId: string): Promise<GatewayKey> {
  const gatewayKey = uuid.test(nameOrId)
    ? ({ case: "id", value: nameOrId } as const)
    : ({ case: "name", value: nameOrId } as const);
  return present((await gatewayKeys.getGatewayKey({ gatewayKey })).gatewayKey);
}

function shownKey(answered: GatewayKey | undefined): Shown {
  const key = present(answered);
  const pairs = {
    id: key.id,
    name: key.name,
    prefix: `${key.prefix}...`,
    "can delegate": String(key.canDelegate),
    created: time(key.createTime),
    "last seen": time(key.lastSeenTime),
    revoked: time(key.revokeTime),
  };
  return { json: { gatewayKey: json(GatewayKeySchema, key) }, text: facts(pairs) };
}

function shownKeys(keys: readonly GatewayKey[]): Shown {
  const columns = ["name", "id", "prefix", "delegates", "last seen", "revoked"];
  const rows = keys.map((key) => [
    key.name,
    key.id,
    `${key.prefix}...`,
    key.canDelegate ? "yes" : "no",
    time(key.lastSeenTime),
    time(key.revokeTime),
  ]);
  return {
    json: { gatewayKeys: keys.map((key) => json(GatewayKeySchema, key)) },
    text: table(columns, rows),
  };
}
