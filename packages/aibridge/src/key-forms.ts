/** A user's key, and a gateway key, by their forms (wire.md, section 1). */
const anyKey = /[A-Za-z0-9]{10}-[A-Za-z0-9]{22}|[A-Za-z0-9]{43}/g;

/** A user's key standing by itself. No provider's keys have this form. */
const userKey = /(?<![\w-])[A-Za-z0-9]{10}-[A-Za-z0-9]{22}(?![\w-])/;

/** Nothing shorter can be a key, or hold one. */
const keyLength = 33;

/**
 * The text with whatever looks like a key of ours hidden: for what a client
 * chose and we log or record, a path or a user agent, where a key can end up by
 * mistake.
 */
export function hideKeys(text: string): string {
  return text.length < keyLength ? text : text.replace(anyKey, "[secret]");
}

/** Whether a user's key, anybody's, stands in the text. */
export function holdsUserKey(text: string): boolean {
  return text.length >= keyLength && userKey.test(text);
}
