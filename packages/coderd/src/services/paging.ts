import type { Page, PageRequest } from "../store/page.ts";
import { invalidArgument, requireUuid } from "./validate.ts";

const sizeDefault = 100;
const sizeMax = 1000;
const tokenLengthMax = 256;

/** How the position in one list is written into a page token. */
export interface PageTokens<Cursor> {
  /** Parses the paging fields of a request; throws invalid_argument. */
  parse(fields: { pageSize: number; pageToken: string }): PageRequest<Cursor>;
  /** The token of the page after this one; empty on the last. */
  nextOf(page: Page<unknown, Cursor>): string;
}

/** Tokens of a list in the order in which its rows were inserted. */
export function sequenceTokens(list: string): PageTokens<bigint> {
  // 18 digits stay within PostgreSQL's bigint.
  return pageTokens(list, /^\d{1,18}$/, BigInt);
}

/** Tokens of a list in the order of names. */
export function nameTokens(list: string): PageTokens<string> {
  return pageTokens(list, /^[a-z0-9-]{1,64}$/, (text) => text);
}

/** Tokens of a list in the order of UUIDs. */
export function idTokens(list: string): PageTokens<string> {
  return pageTokens(list, /^[0-9a-f-]{36}$/, (text) => requireUuid("page_token", text));
}

/** Tokens of a list in the order of a time in milliseconds, then of UUIDs. */
export function timeTokens(list: string): PageTokens<string> {
  return pageTokens(list, /^\d{1,15}\.[0-9a-f-]{36}$/, (text) => {
    requireUuid("page_token", text.slice(text.indexOf(".") + 1));
    return text;
  });
}

/**
 * Tokens are opaque to clients and name the list they are for, so that a token
 * of another list is refused, not misread.
 */
function pageTokens<Cursor extends bigint | string>(
  list: string,
  pattern: RegExp,
  read: (text: string) => Cursor,
): PageTokens<Cursor> {
  const encode = (cursor: Cursor) => Buffer.from(`${list}:${cursor}`).toString("base64url");
  const decode = (token: string): Cursor => {
    const text = Buffer.from(token.slice(0, tokenLengthMax), "base64url").toString();
    const position = text.startsWith(`${list}:`) ? text.slice(list.length + 1) : "";
    const cursor = pattern.test(position) ? read(position) : undefined;
    if (cursor === undefined || encode(cursor) !== token) {
      throw invalidArgument("page_token", "must be the next_page_token of a page of this list");
    }
    return cursor;
  };
  return {
    parse: ({ pageSize, pageToken }) => {
      if (pageSize < 0 || pageSize > sizeMax) {
        throw invalidArgument("page_size", `must be 1 to ${sizeMax}, or 0 for ${sizeDefault}`);
      }
      return {
        size: pageSize === 0 ? sizeDefault : pageSize,
        after: pageToken === "" ? undefined : decode(pageToken),
      };
    },
    nextOf: ({ next }) => (next === undefined ? "" : encode(next)),
  };
}
