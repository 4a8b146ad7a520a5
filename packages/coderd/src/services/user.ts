import { randomUUID } from "node:crypto";
import {
  type GetUserRequest,
  type User as UserMessage,
  UserRole,
  UserSchema,
  type UserService,
  UserStatus,
} from "@aibridge/proto/coder/aibridge/v1/user";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { type UserCaller, userCaller } from "../auth/caller.ts";
import type { Role } from "../store/schema.ts";
import type { User } from "../store/users.ts";
import type { ServiceContext } from "./context.ts";
import { sequenceTokens } from "./paging.ts";
import { tellWatchers } from "./tell-watchers.ts";
import { timestampOf } from "./timestamps.ts";
import { invalidArgument, requireUsername, requireUuid } from "./validate.ts";

const pages = sequenceTokens("users");

/** Administers users. Who may call what: auth/access.ts; members see themselves only. */
export function userService(context: ServiceContext): ServiceImpl<typeof UserService> {
  const { store, now } = context;
  const idOf = ({ id }: { id: string }) => requireUuid("id", id);
  const changed = async (change: Promise<User>, { signal }: Pick<HandlerContext, "signal">) => {
    const user = await change;
    await tellWatchers(context, signal);
    return { user: messageFrom(user) };
  };
  return {
    async createUser({ username, role, system }) {
      const user = await store.users.create({
        id: randomUUID(),
        username: requireUsername("username", username),
        role: roleFrom(role === UserRole.UNSPECIFIED ? UserRole.MEMBER : role),
        system,
        createTime: now(),
      });
      return { user: messageFrom(user) };
    },
    async getUser(request, { values }) {
      const named = namedUser(request, userCaller(values));
      const user =
        "id" in named
          ? await store.users.getById(named.id)
          : await store.users.getByUsername(named.username);
      if (user === undefined) throw new ConnectError("no such user", Code.NotFound);
      return { user: messageFrom(user) };
    },
    async listUsers({ showDeleted, ...fields }) {
      const page = await store.users.list({ ...pages.parse(fields), showDeleted });
      return { users: page.items.map(messageFrom), nextPageToken: pages.nextOf(page) };
    },
    async setUserRole(request, call) {
      const role = roleFrom(request.role);
      return changed(store.users.setRole(idOf(request), role), call);
    },
    async suspendUser(request, call) {
      return changed(store.users.suspend(idOf(request), now()), call);
    },
    async activateUser(request, call) {
      return changed(store.users.activate(idOf(request)), call);
    },
    async deleteUser(request, call) {
      return changed(store.users.delete(idOf(request), now()), call);
    },
  };
}

/** The user that is asked for. Members are told nothing of others, not even whether they exist. */
function namedUser(
  { user: by }: GetUserRequest,
  caller: UserCaller,
): { id: string } | { username: string } {
  if (by.case === undefined) throw invalidArgument("user", "an id or a username must be given");
  const isSelf = by.value === (by.case === "id" ? caller.userId : caller.username);
  if (caller.role === "member" && !isSelf) {
    throw new ConnectError("members may read themselves only", Code.PermissionDenied);
  }
  return by.case === "id"
    ? { id: requireUuid("id", by.value) }
    : { username: requireUsername("username", by.value) };
}

const roles: Readonly<Record<Role, UserRole>> = {
  owner: UserRole.OWNER,
  auditor: UserRole.AUDITOR,
  member: UserRole.MEMBER,
};

function roleFrom(message: UserRole): Role {
  if (message === UserRole.OWNER) return "owner";
  if (message === UserRole.AUDITOR) return "auditor";
  if (message === UserRole.MEMBER) return "member";
  throw invalidArgument("role", "must be owner, auditor or member");
}

function messageFrom(user: User): UserMessage {
  return create(UserSchema, {
    id: user.id,
    username: user.username,
    role: roles[user.role],
    status: statusOf(user),
    system: user.system,
    createTime: timestampOf(user.createTime),
    deleteTime: timestampOf(user.deleteTime),
  });
}

function statusOf({ deleteTime, suspendTime }: User): UserStatus {
  if (deleteTime !== null) return UserStatus.DELETED;
  return suspendTime === null ? UserStatus.ACTIVE : UserStatus.SUSPENDED;
}
