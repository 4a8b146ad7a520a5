import type { z } from "zod";

/** Where settings come from: the environment, or flags merged over it. */
export type ConfigSource = Readonly<Record<string, string | undefined>>;

/** One setting: the variable that holds it and how its text is read. */
export interface Field<T> {
  readonly variable: string;
  readonly schema: z.ZodType<unknown, string>;
  /** The text that is read when the variable is unset. */
  readonly fallback?: string;
  /** Whether the setting may stay undefined. */
  readonly optional: boolean;
  /** Carries the type only; never set. */
  readonly type?: T;
}

/** What a set of fields parses to. */
export type ConfigOf<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Field<infer T> ? T : never;
};

/** A setting with a default, given as the text one would set. */
export function variable<T>(
  name: string,
  schema: z.ZodType<T, string>,
  fallback: string,
): Field<T> {
  return { variable: name, schema, fallback, optional: false };
}

/** A setting without which the process can't start. */
export function required<T>(name: string, schema: z.ZodType<T, string>): Field<T> {
  return { variable: name, schema, optional: false };
}

/** A setting that may be left out; it is then undefined. */
export function optional<T>(name: string, schema: z.ZodType<T, string>): Field<T | undefined> {
  return { variable: name, schema, optional: true };
}

/** One thing wrong with the configuration. `came` is undefined if nothing was set. */
export interface ConfigProblem {
  readonly variable: string;
  readonly wanted: string;
  readonly came: string | undefined;
}

/** All that is wrong with a configuration, in the order of its fields. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(sentence).join("\n"));
    this.problems = problems;
  }
}

function sentence({ variable, wanted, came }: ConfigProblem): string {
  return came === undefined
    ? `${variable} must be set to ${wanted}`
    : `${variable} must be ${wanted}, not ${came}`;
}

/**
 * Reads the fields from the source. A variable set to the empty string counts
 * as unset, because that is what `NAME= command` and most container runtimes
 * mean by it. Throws one `ConfigError` that holds every problem; the values of
 * `sensitive` schemas are not in it.
 */
export function parseConfig<Fields extends Readonly<Record<string, Field<unknown>>>>(
  source: ConfigSource,
  fields: Fields,
): ConfigOf<Fields> {
  const problems: ConfigProblem[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const text = source[field.variable] || field.fallback;
    if (text === undefined && field.optional) continue;
    const parsed = field.schema.safeParse(text ?? "");
    if (parsed.success && text !== undefined) config[name] = parsed.data;
    else problems.push(problemOf(field, text, parsed.error));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as ConfigOf<Fields>;
}

function problemOf(
  { variable, schema }: Field<unknown>,
  text: string | undefined,
  error: z.ZodError | undefined,
): ConfigProblem {
  const wanted = schema.description ?? error?.issues[0]?.message ?? "a value";
  const shown = schema.meta()?.sensitive === true ? "what it is set to" : JSON.stringify(text);
  return { variable, wanted, came: text === undefined ? undefined : shown };
}
