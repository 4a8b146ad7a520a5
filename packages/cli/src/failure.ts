import { ConfigError, ListenError } from "@aibridge/runtime";
import { ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { CommanderError } from "commander";

/** Why a command failed, as people and scripts read it. */
export class Failure extends Error {
  override readonly name = "Failure";
  /** Stable, for scripts. */
  readonly code: string;
  /** 2 if the command was used wrongly, else 1. */
  readonly exitCode: 1 | 2;

  constructor(code: string, message: string, options: ErrorOptions & { exitCode?: 1 | 2 } = {}) {
    super(message, options);
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** A failure of the person at the keyboard. */
export function usageFailure(message: string, options?: ErrorOptions): Failure {
  return new Failure("usage", message, { ...options, exitCode: 2 });
}

/**
 * The failure that an error means; undefined if it means none, because all that
 * was asked for was help. Whatever is thrown in a command ends here.
 */
export function failureFrom(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  if (error instanceof CommanderError) return failureFromCommander(error);
  if (error instanceof ConfigError) return usageFailure(error.message, { cause: error });
  if (error instanceof ListenError) {
    return new Failure(error.code, error.message, { cause: error });
  }
  // What an interceptor throws comes wrapped.
  if (error instanceof ConnectError && error.cause instanceof Failure) return error.cause;
  if (error instanceof ConnectError) return failureFromRpc(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
  const hint = hints[code];
  return new Failure(code, hint === undefined ? message : `${message}. ${hint}`, { cause: error });
}

/** What to do about errors of coderd's store, which knows no flags. */
const hints: Readonly<Record<string, string>> = {
  locked: "Stop that process, or choose another folder with --data",
  unavailable: "Is it running? Start it, or correct DATABASE_URL",
};

function failureFromCommander(error: CommanderError): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  // Asked for nothing, commander has shown the help.
  if (error.code === "commander.help") return usageFailure("which command? See above");
  const message = error.message
    .replace(/^error: /, "")
    .replace(/\n\(Did you mean (.*)\?\)$/, " (did you mean $1?)");
  return usageFailure(`${message}. See --help`);
}

/** The server's own sentence, unless the call never got to it: then it has none. */
function failureFromRpc(error: ConnectError): Failure {
  return new Failure(codeToString(error.code), error.rawMessage, { cause: error });
}
