/**
 * What the demo says: that it is one, and the beginning of what it was asked,
 * so that one sees the request arrive.
 */
export function scriptedAnswer(prompt: string): string {
  const asked = prompt.trim().replace(/\s+/g, " ").slice(0, promptCharactersShown);
  const echo = asked === "" ? "" : ` You asked: "${asked}".`;
  return `This is the aibridge demo, a script and not a model.${echo} Set ANTHROPIC_API_KEY or OPENAI_API_KEY and start again to reach a real one.`;
}

const promptCharactersShown = 200;

/** The text in the pieces in which it is streamed: words with the space before them. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** A count of tokens that is plausible: about four characters each, at least one. */
export function tokensOf(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4));
}

/**
 * The text of a message's content, in any of the three APIs: a string, or the
 * text of its last part that has some. Before it agents put what they tell the
 * model about their surroundings.
 */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => textField(part)).findLast((text) => text !== "") ?? "";
}

function textField(part: unknown): string {
  if (typeof part !== "object" || part === null || !("text" in part)) return "";
  return typeof part.text === "string" ? part.text : "";
}

/** The text of the last message that a user sent. */
export function lastUserText(messages: unknown): string {
  if (typeof messages === "string") return messages;
  if (!Array.isArray(messages)) return "";
  const last = messages.findLast(
    (message: unknown) =>
      typeof message === "object" &&
      message !== null &&
      "role" in message &&
      message.role === "user",
  );
  return last === undefined ? "" : textOf(last.content);
}
