import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { KeyRingError } from "../credentials/key-ring.ts";
import { StoreError } from "../store/store-error.ts";
import { connectErrorFrom } from "./errors.ts";

const withCode = (code: string, fields: object = {}) =>
  Object.assign(new Error("internals"), { code, ...fields });

test.each<[unknown, Code, string]>([
  [new ConnectError("as it is", Code.Aborted), Code.Aborted, "as it is"],
  [new StoreError("not_found", "no such user"), Code.NotFound, "no such user"],
  [new StoreError("user_deleted", "is deleted"), Code.FailedPrecondition, "is deleted"],
  [new StoreError("last_owner", "the last"), Code.FailedPrecondition, "the last"],
  [new KeyRingError("no key"), Code.FailedPrecondition, "no key"],
  [new StoreError("unavailable", "internals"), Code.Unavailable, "store unavailable"],
  // unique_violation of an index that stands for a field, and of one that does not.
  [
    withCode("23505", { constraint: "users_username_key" }),
    Code.AlreadyExists,
    "this username is in use",
  ],
  [withCode("23505", { constraint: "api_keys_pkey" }), Code.Unavailable, "store unavailable"],
  // admin_shutdown, query_canceled, deadlock_detected, read_only_sql_transaction.
  [withCode("57P01"), Code.Unavailable, "store unavailable"],
  [withCode("57014"), Code.Unavailable, "store unavailable"],
  [withCode("40P01"), Code.Unavailable, "store unavailable"],
  [withCode("25006"), Code.Unavailable, "store unavailable"],
  // Not the database's: a fault of ours.
  [withCode("EPIPE"), Code.Internal, "internal error"],
  [new TypeError("internals"), Code.Internal, "internal error"],
  ["internals", Code.Internal, "internal error"],
  [undefined, Code.Internal, "internal error"],
])("%s is for callers %i, %j", (error, code, message) => {
  const mapped = connectErrorFrom(error);
  expect(mapped.code).toBe(code);
  expect(mapped.rawMessage).toBe(message);
  expect(mapped.details).toEqual([]);
});
