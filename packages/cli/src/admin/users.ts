import {
  type User,
  UserRole,
  UserSchema,
  UserStatus,
} from "@aibridge/proto/coder/aibridge/v1/user";
import { oneOf, variable } from "@aibridge/runtime";
import type { Command } from "commander";
import { addCommand, flag, type SettingsOf, switchFlag } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { facts, type Shown, show, table } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import { findUser, userIdOf } from "./find-user.ts";
import { everyPage } from "./pages.ts";
import { type AdminSession, adminFlags, openSession } from "./session.ts";
import { json, present, time } from "./text.ts";

const roles = {
  owner: UserRole.OWNER,
  auditor: UserRole.AUDITOR,
  member: UserRole.MEMBER,
} as const;
const role = oneOf("owner", "auditor", "member");

const roleNames: Readonly<Record<number, string>> = {
  [UserRole.OWNER]: "owner",
  [UserRole.AUDITOR]: "auditor",
  [UserRole.MEMBER]: "member",
};
const statusNames: Readonly<Record<number, string>> = {
  [UserStatus.ACTIVE]: "active",
  [UserStatus.SUSPENDED]: "suspended",
  [UserStatus.DELETED]: "deleted",
};

/** Adds `aibridge users`. */
export function addUserCommands(program: Command, surroundings: Surroundings): void {
  const parent = program
    .command("users")
    .description("The people and services who own API keys. A user is named by name or id");
  addCreate(parent, surroundings);
  addList(parent, surroundings);
  addGet(parent, surroundings);
  addChanges(parent, surroundings);
}

function addCreate(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "create <username>",
    help: "add an active user",
    flags: {
      ...adminFlags,
      role: flag(
        "--role <role>",
        "owner (administers everything), auditor (reads everything) or member",
        variable("AIBRIDGE_ROLE", role, "member"),
      ),
      system: switchFlag(
        "--system",
        "a system user: the gateway refuses its keys",
        "AIBRIDGE_SYSTEM",
      ),
    },
    async run(settings, username = "") {
      const { users } = await openSession(settings);
      const request = { username, role: roles[settings.role], system: settings.system };
      show(stdout, settings.json, shownUser((await users.createUser(request)).user));
    },
  });
}

function addList(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "list",
    help: "list users in the order they were created",
    flags: {
      ...adminFlags,
      showDeleted: switchFlag("--show-deleted", "deleted users as well", "AIBRIDGE_SHOW_DELETED"),
    },
    async run(settings) {
      const { users } = await openSession(settings);
      const { showDeleted } = settings;
      const all = await everyPage(
        (page) => users.listUsers({ ...page, showDeleted }),
        (page) => page.users,
      );
      show(stdout, settings.json, shownUsers(all));
    },
  });
}

function addGet(parent: Command, { env, stdout }: Surroundings): void {
  addCommand(parent, env, {
    usage: "get <user>",
    help: "show a user",
    flags: adminFlags,
    async run(settings, user = "") {
      const session = await openSession(settings);
      show(stdout, settings.json, shownUser(await findUser(session, user)));
    },
  });
}

function addChanges(parent: Command, { env, stdout }: Surroundings): void {
  const addChange = (usage: string, help: string, change: Change) =>
    addCommand(parent, env, {
      usage,
      help,
      flags: adminFlags,
      async run(settings: SettingsOf<typeof adminFlags>, user = "", ...rest) {
        const session = await openSession(settings);
        const id = await userIdOf(session, user);
        show(stdout, settings.json, shownUser((await change(session, id, ...rest)).user));
      },
    });
  addChange("set-role <user> <role>", "change what a user may do", ({ users }, id, name = "") =>
    users.setUserRole({ id, role: parseRole(name) }),
  );
  addChange("suspend <user>", "refuse a user's keys until `activate`", ({ users }, id) =>
    users.suspendUser({ id }),
  );
  addChange("activate <user>", "end a suspension", ({ users }, id) => users.activateUser({ id }));
  addChange("delete <user>", "refuse a user's keys for ever and free the name", ({ users }, id) =>
    users.deleteUser({ id }),
  );
}

function parseRole(text: string): UserRole {
  const parsed = role.safeParse(text);
  if (!parsed.success) throw usageFailure(`a role is owner, auditor or member, not "${text}"`);
  return roles[parsed.data];
}

type Change = (
  session: AdminSession,
  id: string,
  ...rest: readonly string[]
) => Promise<{ user?: User | undefined }>;

function shownUser(answered: User | undefined): Shown {
  const user = present(answered);
  const pairs = {
    id: user.id,
    username: user.username,
    role: roleNames[user.role] ?? "-",
    status: statusNames[user.status] ?? "-",
    system: String(user.system),
    created: time(user.createTime),
  };
  return { json: { user: json(UserSchema, user) }, text: facts(pairs) };
}

function shownUsers(users: readonly User[]): Shown {
  const columns = ["username", "id", "role", "status", "created"];
  const rows = users.map((user) => [
    user.username,
    user.id,
    roleNames[user.role] ?? "-",
    statusNames[user.status] ?? "-",
    time(user.createTime),
  ]);
  return {
    json: { users: users.map((user) => json(UserSchema, user)) },
    text: table(columns, rows),
  };
}
