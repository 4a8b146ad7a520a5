import { isObject } from "../json.ts";
import { memberSpan, type Span, topSpan } from "../json-member.ts";

/**
 * Asks for usage where the client did not: a chat stream reports it only if
 * `stream_options.include_usage` is set. All other bytes stay as they are.
 * `createUsageChunkFilter` then takes from the answer what this adds to it.
 *
 * @param body - The request's JSON, decompressed.
 * @param parsed - The same, parsed.
 * @returns The body itself if nothing was added: the client asked already,
 *   wants no stream, or sent options that the provider will refuse anyway.
 */
export function withIncludeUsage(body: Buffer, parsed: unknown): { body: Buffer; added: boolean } {
  const untouched = { body, added: false };
  if (!isObject(parsed) || parsed.stream !== true) return untouched;
  const { stream_options: options } = parsed;
  const top = topSpan(body);

  if (options === undefined) {
    return added(body, after(top), '"stream_options":{"include_usage":true},');
  }
  const span = memberSpan(body, top, "stream_options");
  if (!span) return untouched;
  if (options === null) return added(body, span, '{"include_usage":true}');
  if (!isObject(options) || options.include_usage === true) return untouched;

  const asked = memberSpan(body, span, "include_usage");
  if (asked) return added(body, asked, "true");
  const isEmpty = Object.keys(options).length === 0;
  return added(body, after(span), `"include_usage":true${isEmpty ? "" : ","}`);
}

/** The place right after an object's `{`. */
function after({ start }: Span): Span {
  return { start: start + 1, end: start + 1 };
}

function added(body: Buffer, { start, end }: Span, text: string) {
  const spliced = Buffer.concat([body.subarray(0, start), Buffer.from(text), body.subarray(end)]);
  return { body: spliced, added: true };
}
