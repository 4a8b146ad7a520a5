import { ContentPrivacy, type Prompt } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { orDash } from "../admin/text.ts";

/**
 * A text that a client or a model chose, on one line and short enough for a
 * column. Without control and format characters: a terminal would obey them.
 */
export function shortText(text: string, lengthMax = 60): string {
  const line = text
    .slice(0, 4 * lengthMax)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  const letters = [...line];
  return letters.length <= lengthMax ? line : `${letters.slice(0, lengthMax - 3).join("")}...`;
}

/** The same, or a dash for nothing. */
export function shortOrDash(text: string, lengthMax?: number): string {
  return orDash(shortText(text, lengthMax));
}

/** What was kept of a prompt. */
export function promptText({ text, privacy }: Pick<Prompt, "text" | "privacy">): string {
  if (privacy === ContentPrivacy.OFF) return "(not recorded)";
  return privacy === ContentPrivacy.HASH ? shortText(`sha256:${text}`, 22) : shortOrDash(text);
}
