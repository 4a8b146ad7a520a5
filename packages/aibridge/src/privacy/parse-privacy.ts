import type { ContentPrivacy } from "../record/events.ts";

/** The words of a setting, for a schema and for a person. */
export const contentPrivacies: readonly ContentPrivacy[] = ["full", "hash", "off"];

/** What `parsePrivacyByProvider` wants, as a noun phrase. */
export const privacyByProviderWanted =
  "providers and what to keep (full, hash or off), such as anthropic=hash,openai=off";

/** A provider's name (wire.md, section 5). */
const providerName = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * Reads `anthropic=hash,openai=off`; the empty text holds no exceptions.
 * Returns undefined for anything else, a provider named twice included: a
 * privacy setting that is only half understood must stop the start.
 */
export function parsePrivacyByProvider(
  text: string,
): ReadonlyMap<string, ContentPrivacy> | undefined {
  const byProvider = new Map<string, ContentPrivacy>();
  if (text.trim() === "") return byProvider;
  for (const entry of text.split(",")) {
    const [name = "", word = "", ...more] = entry.split("=").map((part) => part.trim());
    const privacy = contentPrivacies.find((each) => each === word);
    if (privacy === undefined || more.length > 0) return undefined;
    if (!providerName.test(name) || byProvider.has(name)) return undefined;
    byProvider.set(name, privacy);
  }
  return byProvider;
}
