/**
 * What the store itself has to say, as opposed to the database:
 *
 * - `unavailable`: the database did not answer: down, unreachable, out of time.
 * - `not_found`: what was to be changed does not exist.
 * - `user_deleted`: a deleted user can't be changed.
 * - `resource_exhausted`: there are as many as there may be.
 * - `last_owner`: the installation would be left without an owner.
 * - `schema_newer`: the database belongs to a newer version of this program.
 * - `locked`: the embedded store is open in another process.
 */
export type StoreErrorCode =
  | "unavailable"
  | "not_found"
  | "user_deleted"
  | "resource_exhausted"
  | "last_owner"
  | "schema_newer"
  | "locked";

/** An error of the store. Its message is fit for callers, unless the code is `unavailable`. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
