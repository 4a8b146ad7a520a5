import type { Dispatcher } from "undici";

/** As HTTP/1.1 brought them: undici hands out the bytes. */
export function latin1Headers(raw: Dispatcher.DispatchController["rawHeaders"]): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.map((part) => (typeof part === "string" ? part : part.toString("latin1")));
}

/** Whether the body is server-sent events, as they are. */
export function isPlainEventStream(headers: readonly string[]): boolean {
  let eventStream = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase();
    if (name === "content-encoding") return false;
    if (name === "content-type") {
      eventStream = headers[i + 1]?.toLowerCase().startsWith("text/event-stream") ?? false;
    }
  }
  return eventStream;
}

/** Takes a header out. `name` is in lower case. */
export function remove(headers: string[], name: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i]?.toLowerCase() === name) headers.splice(i, 2);
  }
}

/** Adds those of `own` that are not there. Their names are in lower case. */
export function addMissing(headers: string[], own: readonly string[]): void {
  for (let i = 0; i + 1 < own.length; i += 2) {
    const name = own[i] ?? "";
    const present = headers.some((part, at) => at % 2 === 0 && part.toLowerCase() === name);
    if (!present) headers.push(name, own[i + 1] ?? "");
  }
}
