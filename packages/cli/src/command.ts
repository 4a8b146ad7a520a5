import {
  booleanFlag,
  ConfigError,
  type ConfigOf,
  type ConfigSource,
  type Field,
  parseConfig,
  variable,
} from "@aibridge/runtime";
import { type Command, Option } from "commander";
import { usageFailure } from "./failure.ts";

/** A flag of a command. What it sets can be set by its field's variable as well. */
export interface Flag<T> {
  /** As commander reads it: `--data <folder>`. */
  readonly term: string;
  readonly help: string;
  readonly field: Field<T>;
}

type Flags = Readonly<Record<string, Flag<unknown>>>;
type FieldsOf<F extends Flags> = { readonly [Name in keyof F]: F[Name]["field"] };

/** What the flags of a command say, read and checked. */
export type SettingsOf<F extends Flags> = ConfigOf<FieldsOf<F>>;

/** One command: what it is called, what it takes, what it does. */
export interface CommandSpec<F extends Flags> {
  /** Its name and arguments, as commander reads them: `create <username>`. */
  readonly usage: string;
  readonly help: string;
  readonly flags: F;
  /** Lines under the help, such as examples. */
  readonly more?: string;
  run(settings: SettingsOf<F>, ...args: readonly string[]): Promise<void>;
}

/** Declares a flag. */
export function flag<T>(term: string, help: string, field: Field<T>): Flag<T> {
  return { term, help, field };
}

/** Declares a flag that is either there or not. */
export function switchFlag(term: string, help: string, variableName: string): Flag<boolean> {
  return flag(term, help, variable(variableName, booleanFlag, "false"));
}

/**
 * Adds a command. Its flags are laid over the environment, under the names of
 * their variables, and both are read by the same schemas: what is wrong with
 * either is reported at once, before the command runs.
 */
export function addCommand<F extends Flags>(
  parent: Command,
  env: ConfigSource,
  { run, ...spec }: CommandSpec<F>,
): Command {
  const fields = fieldsOf(spec.flags);
  return addSourceCommand(parent, env, {
    ...spec,
    run: (source, ...args) => run(parseConfig(source, fields), ...args),
  });
}

/** The fields that the flags set, under the names of the flags. */
export function fieldsOf<F extends Flags>(flags: F): FieldsOf<F> {
  const entries = Object.entries(flags).map(([name, { field }]) => [name, field]);
  return Object.fromEntries(entries) as FieldsOf<F>;
}

/** One command that reads the laid-over environment by itself. */
export type SourceCommandSpec = Omit<CommandSpec<Flags>, "run"> & {
  run(source: ConfigSource, ...args: readonly string[]): Promise<void>;
};

/** Adds a command that reads the environment, with its flags laid over it, by itself. */
export function addSourceCommand(
  parent: Command,
  env: ConfigSource,
  { usage, help, flags, more, run }: SourceCommandSpec,
): Command {
  const command = parent.command(usage).description(help);
  for (const each of Object.values(flags)) command.addOption(optionOf(each));
  if (more !== undefined) command.addHelpText("after", `\n${more}`);
  return command.action(async () => {
    try {
      await run(sourceOf(command, flags, env), ...command.processedArgs.filter(isString));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(error.problems.map((problem) => nameFlag(problem, flags)));
    }
  });
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function optionOf({ term, help, field }: Flag<unknown>): Option {
  const isSwitch = !term.includes("<");
  const shown = field.fallback === undefined || isSwitch ? "" : `, default: ${field.fallback}`;
  return new Option(term, `${help} (env: ${field.variable}${shown})`);
}

/** The environment with what the flags of this call set laid over it. */
function sourceOf(command: Command, flags: Flags, env: ConfigSource): ConfigSource {
  const source: Record<string, string | undefined> = { ...env };
  for (const { term, field } of Object.values(flags)) {
    const value: unknown = command.getOptionValue(new Option(term).attributeName());
    if (value === undefined) continue;
    // A variable set to nothing counts as unset; a flag given nothing is a mistake.
    if (value === "") throw usageFailure(`${longOf(term)} is empty`);
    source[field.variable] = String(value);
  }
  return source;
}

/** People who typed the flag look for the flag, others for the variable: name both. */
function nameFlag<P extends { readonly variable: string }>(problem: P, flags: Flags): P {
  const given = Object.values(flags).find(({ field }) => field.variable === problem.variable);
  if (given === undefined) return problem;
  return { ...problem, variable: `${longOf(given.term)} (${problem.variable})` };
}

function longOf(term: string): string {
  return new Option(term).long ?? term;
}
