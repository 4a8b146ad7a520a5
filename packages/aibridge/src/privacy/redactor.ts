import { createHash } from "node:crypto";
import type { ContentPrivacy } from "../record/events.ts";
import { cutText } from "./cut-text.ts";
import { type PrivacyPolicy, privacyOf, type RecordedText } from "./privacy-policy.ts";

/** A text as it goes on record, and how much of it that is. */
interface RedactedText {
  readonly text: string;
  readonly privacy: ContentPrivacy;
}

/** Turns a text into what the policy lets be kept of it. Never throws. */
export type Redactor = (kind: RecordedText, text: string, providerName: string) => RedactedText;

/**
 * A redactor by this policy. `full` keeps the text, of a long one the beginning
 * (see `cutText`); `hash` the SHA-256 of all its UTF-8 in lower-case hexadecimal, by which equal texts can be found; `off`
 * nothing. A hash hides a long text, but whoever guesses a short one can check
 * the guess: where that matters, choose `off`.
 */
export function createRedactor(policy: PrivacyPolicy): Redactor {
  return (kind, text, providerName) => {
    const privacy = privacyOf(policy, kind, providerName);
    return { text: keep(text, privacy), privacy };
  };
}

function keep(text: string, privacy: ContentPrivacy): string {
  switch (privacy) {
    case "full":
      return cutText(text);
    case "hash":
      return createHash("sha256").update(text, "utf8").digest("hex");
    case "off":
      return "";
  }
}
