import { Secret } from "@aibridge/secret";
import { z } from "zod";

/**
 * A schema from a function: `read` returns undefined for text that is not
 * `wanted`, which is a noun phrase ("a duration such as 30s").
 */
export function textSchema<T>(
  wanted: string,
  read: (text: string) => T | undefined,
): z.ZodType<T, string> {
  return z
    .string()
    .transform((text, context) => {
      const value = read(text.trim());
      if (value !== undefined) return value;
      context.addIssue({ code: "custom", message: wanted });
      return z.NEVER;
    })
    .describe(wanted);
}

/** The same schema, whose values never appear in an error. */
export function sensitive<T>(schema: z.ZodType<T, string>): z.ZodType<T, string> {
  return schema.meta({ ...schema.meta(), sensitive: true });
}

/** Where to listen. An empty host means every interface; port 0 a free port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port` or `:port`. */
export const listenAddress = textSchema<ListenAddress>(
  "an address to listen on such as 127.0.0.1:7080, [::1]:7080 or :7080",
  (text) => {
    const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/@]*)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    return match !== null && port <= 65_535
      ? { host: match[1] ?? match[2] ?? "", port }
      : undefined;
  },
);

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const day = 24 * 3_600_000;

/** A duration in milliseconds, from `500ms`, `30s`, `10m` or `1h`; `0s` to 24 hours. */
export const durationMs = durationBetween(0, day);

/** A duration of `minMs` to `maxMs`, both included, in milliseconds. */
export function durationBetween(minMs: number, maxMs: number): z.ZodType<number, string> {
  const bounds = `from ${durationText(minMs)} to ${durationText(maxMs)}`;
  return textSchema(`a duration such as 500ms, 30s, 10m or 1h, ${bounds}`, (text) => {
    const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
    if (match === null) return undefined;
    const ms = Number(match[1]) * (unitsMs[match[2] ?? ""] ?? Number.NaN);
    return ms >= minMs && ms <= maxMs ? ms : undefined;
  });
}

function durationText(ms: number): string {
  const unit = ["h", "m", "s"].find((name) => ms > 0 && ms % (unitsMs[name] ?? 1) === 0);
  return unit === undefined ? `${ms}ms` : `${ms / (unitsMs[unit] ?? 1)}${unit}`;
}

/**
 * A credential, wrapped so that it can't print. Visible ASCII only: it will
 * travel in a header, and a pasted line break or quote is a mistake.
 */
export const secretString = sensitive(
  textSchema("a secret of visible ASCII characters without spaces", (text) =>
    /^[\x21-\x7e]+$/.test(text) ? new Secret(text) : undefined,
  ),
);

/** An absolute http or https URL without credentials, query or fragment; no trailing slash. */
export const httpUrl = textSchema("an http or https URL such as http://127.0.0.1:7080", (text) => {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) return undefined;
  return url.href.replace(/\/+$/, "");
});

/** One or more of those, separated by commas. */
export const httpUrls = textSchema<readonly string[]>(
  "http or https URLs such as http://127.0.0.1:7080, separated by commas",
  (text) => {
    const urls = text.split(",").map((part) => httpUrl.safeParse(part).data);
    return urls.every((url) => url !== undefined) ? [...new Set(urls)] : undefined;
  },
);

/** The path of a file or folder, relative to the working directory or absolute. */
export const filePath = textSchema("a path", (text) =>
  text !== "" && !text.includes("\0") ? text : undefined,
);

/** An integer of `min` to `max`, both included. */
export function integerBetween(min: number, max: number): z.ZodType<number, string> {
  return textSchema(`an integer from ${min} to ${max}`, (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  ...words: readonly Word[]
): z.ZodType<Word, string> {
  return textSchema(`one of ${words.join(", ")}`, (text) => words.find((word) => word === text));
}

/** `true` or `false`, also as `1` or `0`. */
export const booleanFlag = textSchema("true or false", (text) => {
  if (text === "true" || text === "1") return true;
  return text === "false" || text === "0" ? false : undefined;
});
