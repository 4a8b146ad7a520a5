import type { ContentPrivacy } from "../record/events.ts";

/** The texts whose recording can be restricted. */
export type RecordedText = "prompt" | "toolArguments" | "thought";

/** How much is kept of one kind of text. */
interface PrivacyRule {
  readonly everywhere: ContentPrivacy;
  /** Exceptions, by the provider's name. */
  readonly byProvider: ReadonlyMap<string, ContentPrivacy>;
}

/** How much is kept of each kind of text. */
export type PrivacyPolicy = Readonly<Record<RecordedText, PrivacyRule>>;

/** Keeps everything: what holds where nothing is switched off. */
export const recordEverything: PrivacyPolicy = {
  prompt: { everywhere: "full", byProvider: new Map() },
  toolArguments: { everywhere: "full", byProvider: new Map() },
  thought: { everywhere: "full", byProvider: new Map() },
};

/** What the policy says of one kind of text, sent to or by one provider. */
export function privacyOf(
  policy: PrivacyPolicy,
  text: RecordedText,
  providerName: string,
): ContentPrivacy {
  const { everywhere, byProvider } = policy[text];
  return byProvider.get(providerName) ?? everywhere;
}
