import { headerValue, type RawHeaders } from "../headers.ts";

/**
 * How long a provider asks to wait, in milliseconds: `retry-after-ms`, which
 * OpenAI sends, else `retry-after`, in seconds or as a date (RFC 9110, section
 * 10.2.3). Undefined if it does not say, or what it says is none of these.
 */
export function retryAfterMs(headers: RawHeaders, nowMs: number): number | undefined {
  const ms = Number(headerValue(headers, "retry-after-ms") || Number.NaN);
  if (ms >= 0) return ms;
  const text = headerValue(headers, "retry-after")?.trim();
  if (!text) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
