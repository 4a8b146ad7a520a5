/** A server-sent event with a name and a JSON payload, as Anthropic and the Responses API write them. */
export function namedEvent<T extends { readonly type: string }>(data: T): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A server-sent event with a payload only, as Chat Completions writes them. */
export function dataEvent(data: unknown): string {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** A text in the pieces in which a model might stream it: words, each with the space before it. */
export function piecesOf(text: string): string[] {
  return text.split(/(?= )/);
}
