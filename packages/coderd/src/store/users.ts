import type { Kysely, Selectable, Transaction } from "kysely";
import { type Page, type PageRequest, pageFrom } from "./page.ts";
import { changed, changeKeys, unchanged } from "./revisions.ts";
import type { Role, Schema } from "./schema.ts";
import { StoreError } from "./store-error.ts";

/** A user as the store has it. */
export type User = Readonly<Selectable<Schema["users"]>>;

/** What a user is created from. */
export type NewUser = Pick<User, "id" | "username" | "role" | "system" | "createTime">;

/**
 * The users. Those who were deleted stay, because the record refers to them.
 *
 * Changes reject with a `StoreError`: `not_found`, `user_deleted`, or
 * `last_owner` if no active owner would be left.
 */
export interface UserStore {
  /** A name in use breaks the unique index `users_username_key`. */
  create(user: NewUser): Promise<User>;
  /** Deleted users are found too. */
  getById(id: string): Promise<User | undefined>;
  /** Searches users who are not deleted. */
  getByUsername(username: string): Promise<User | undefined>;
  list(request: PageRequest<bigint> & { showDeleted: boolean }): Promise<Page<User, bigint>>;
  setRole(id: string, role: Role): Promise<User>;
  /** Idempotent: the first time stays. */
  suspend(id: string, at: Date): Promise<User>;
  /** Idempotent. */
  activate(id: string): Promise<User>;
  /** Idempotent: the first time stays. */
  delete(id: string, at: Date): Promise<User>;
}

type Changes = Partial<Pick<User, "role" | "suspendTime" | "deleteTime">>;

/** The users in this database. */
export function createUserStore(db: Kysely<Schema>): UserStore {
  return {
    create: (user) => createUser(db, user),
    getById: (id) => db.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst(),
    getByUsername: (username) =>
      db
        .selectFrom("users")
        .selectAll()
        .where("username", "=", username)
        .where("deleteTime", "is", null)
        .executeTakeFirst(),
    async list({ size, after, showDeleted }) {
      const rows = await db
        .selectFrom("users")
        .selectAll()
        .$if(after !== undefined, (query) => query.where("seq", ">", after ?? 0n))
        .$if(!showDeleted, (query) => query.where("deleteTime", "is", null))
        .orderBy("seq")
        .limit(size + 1)
        .execute();
      return pageFrom(rows, size, ({ seq }) => seq);
    },
    setRole: (id, role) =>
      changeUser(
        db,
        id,
        ifNotDeleted(({ role: is }) => is !== role, { role }),
      ),
    suspend: (id, at) => changeUser(db, id, ifNotDeleted(isNotSuspended, { suspendTime: at })),
    activate: (id) =>
      changeUser(
        db,
        id,
        ifNotDeleted((user) => !isNotSuspended(user), { suspendTime: null }),
      ),
    delete: (id, at) =>
      changeUser(db, id, ({ deleteTime }) =>
        deleteTime === null ? { deleteTime: at } : undefined,
      ),
  };
}

/** No key is affected; it waits its turn so that `seq` grows in the order of commits. */
function createUser(db: Kysely<Schema>, user: NewUser): Promise<User> {
  return changeKeys(db, async (trx) =>
    unchanged(await trx.insertInto("users").values(user).returningAll().executeTakeFirstOrThrow()),
  );
}

const isNotSuspended = ({ suspendTime }: User) => suspendTime === null;

function ifNotDeleted(isNeeded: (user: User) => boolean, changes: Changes) {
  return (user: User): Changes | undefined => {
    if (user.deleteTime !== null) throw new StoreError("user_deleted", "the user is deleted");
    return isNeeded(user) ? changes : undefined;
  };
}

/** Changes one user, unless `decide` finds nothing to change. */
function changeUser(
  db: Kysely<Schema>,
  id: string,
  decide: (user: User) => Changes | undefined,
): Promise<User> {
  return changeKeys(db, async (trx) => {
    const user = await trx.selectFrom("users").selectAll().where("id", "=", id).executeTakeFirst();
    if (user === undefined) throw new StoreError("not_found", "no such user");
    const changes = decide(user);
    if (changes === undefined) return unchanged(user);
    const result = { ...user, ...changes };
    if (isActiveOwner(user) && !isActiveOwner(result)) await requireAnotherOwner(trx, id);
    await trx.updateTable("users").set(changes).where("id", "=", id).execute();
    return changed(result, { userIds: [id] });
  });
}

function isActiveOwner(user: User): boolean {
  return (
    user.role === "owner" && !user.system && user.suspendTime === null && user.deleteTime === null
  );
}

async function requireAnotherOwner(trx: Transaction<Schema>, id: string): Promise<void> {
  const other = await trx
    .selectFrom("users")
    .select("id")
    .where("id", "!=", id)
    .where("role", "=", "owner")
    .where("system", "=", false)
    .where("suspendTime", "is", null)
    .where("deleteTime", "is", null)
    .executeTakeFirst();
  if (other === undefined) {
    throw new StoreError("last_owner", "the last owner can't be demoted, suspended or deleted");
  }
}
