import { createParser } from "eventsource-parser";
import { parseBoundedJson } from "../bounded-json.ts";
import { isObject, type JsonObject } from "./json.ts";

/** A server-sent event. Its data stays as it came for as long as nobody changes it. */
export interface ServerEvent {
  readonly name: string | undefined;
  /** Undefined if the JSON is not what came: then that is what is sent. */
  readonly data: string | undefined;
  /** The data as an object; undefined if it is none, such as `[DONE]`. */
  readonly json: JsonObject | undefined;
}

/** Characters of one event. Generated images come as base64 in a single one. */
const eventCharsMax = 16 * 1_024 * 1_024;

/** Reads events from bytes that are cut anywhere. */
export interface EventDecoder {
  /** @throws Error if an event is longer than 16 Mi characters. */
  read(chunk: Uint8Array): void;
  /** Some providers forget the empty line after the last event. */
  end(): void;
}

/** Tells of each event as it is complete, and of comments: they are signs of life. */
export function createEventDecoder(
  onEvent: (event: ServerEvent) => void,
  onComment: (comment: string) => void,
): EventDecoder {
  // The parser takes away a byte order mark itself.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const parser = createParser({
    maxBufferSize: eventCharsMax,
    onEvent: ({ event, data }) => onEvent({ name: event, data, json: objectIn(data) }),
    onComment,
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded")
        throw new Error("the provider sent too long an event");
    },
  });
  return {
    read: (chunk) => parser.feed(decoder.decode(chunk, { stream: true })),
    end: () => parser.feed(`${decoder.decode()}\n\n`),
  };
}

/** The event on the wire. */
export function textOfEvent({ name, data, json }: ServerEvent): string {
  const lines = (data ?? JSON.stringify(json)).split("\n").map((line) => `data: ${line}\n`);
  return `${name ? `event: ${name}\n` : ""}${lines.join("")}\n`;
}

/** The same event with another object in it. */
export function withJson(event: ServerEvent, json: JsonObject): ServerEvent {
  return json === event.json ? event : { ...event, data: undefined, json };
}

/** An event of ours, named by its type as the provider's are. */
export function namedEvent(json: JsonObject & { readonly type: string }): ServerEvent {
  return { name: json.type, data: undefined, json };
}

function objectIn(data: string): JsonObject | undefined {
  if (!data.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = parseBoundedJson(data);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
