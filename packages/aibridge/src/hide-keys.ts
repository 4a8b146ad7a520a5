/** A user's key, and a gateway key, by their forms (wire.md, section 1). */
const keys = /[A-Za-z0-9]{10}-[A-Za-z0-9]{22}|[A-Za-z0-9]{43}/g;

/**
 * The text with whatever looks like a key of ours hidden: for what a client
 * chose and we log or record, a path or a user agent, where a key can end up by
 * mistake.
 */
export function hideKeys(text: string): string {
  return text.length < 33 ? text : text.replace(keys, "[secret]");
}
