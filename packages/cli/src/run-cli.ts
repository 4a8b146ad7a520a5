import { failureFrom } from "./failure.ts";
import { createProgram } from "./program.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Runs the `aibridge` command with these arguments. Resolves, never rejects,
 * to the exit code: 0, 1 (failed; one sentence on stderr says why), or 2 (used
 * wrongly).
 *
 * With `--json` the error is one line too: `{"error":{"code","message"}}`.
 */
export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const program = createProgram(surroundings);
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const failure = failureFrom(error);
    if (failure === undefined) return 0;
    const { code, message, exitCode } = failure;
    if (surroundings.supervisor !== undefined) {
      // Whoever started us says it, once, in the form that they were asked for.
      await surroundings.supervisor.tell({ type: "failed", code, message, exitCode });
      return exitCode;
    }
    const json = args.includes("--json") || /^(true|1)$/.test(surroundings.env.AIBRIDGE_JSON ?? "");
    surroundings.stderr.write(
      json ? `${JSON.stringify({ error: { code, message } })}\n` : `aibridge: ${message}\n`,
    );
    return exitCode;
  }
}
