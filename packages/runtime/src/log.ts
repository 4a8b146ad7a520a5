import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";
import { type BatchedLines, createBatchedLines } from "./batched-lines.ts";

/** What every part of a process logs to. Child loggers carry fields: `log.child({ service })`. */
export type Logger = PinoLogger;

/** The levels a process can be told to log at, most talkative first. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** One of `logLevels`. */
export type LogLevel = (typeof logLevels)[number];

/** Who logs, from which level, and where to. */
export interface LoggerOptions {
  readonly name: string;
  readonly level: LogLevel;
  /** Default: stderr, because stdout belongs to what the commands print. */
  readonly destination?: DestinationStream;
}

/**
 * How much may wait for a reader of stderr that is slower than the process.
 * Past it lines are dropped: logs must never stop or fatten the traffic.
 */
const waitingBytesMax = 16 * 1024 * 1024;

let stderr: BatchedLines | undefined;

/** One for all loggers of the process, so that their lines keep their order. */
function batchedStderr(): BatchedLines {
  if (stderr === undefined) {
    const lines = createBatchedLines(2, { waitingBytesMax });
    process.on("exit", lines.writeRest);
    stderr = lines;
  }
  return stderr;
}

/**
 * A logger of JSON lines: `level` as a word, `time` in ISO 8601, `name`, `msg`,
 * fields. An error goes under `err` and is shown with its causes. A `Secret`
 * shows as `[secret]`, wherever it is. Lines on stderr are written within
 * 50 ms, and before the process ends or crashes by itself; not when it is killed.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: isoTimeField(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    destination ?? batchedStderr(),
  );
}

/** As pino's `isoTime`, made once for all lines of a millisecond. */
function isoTimeField(): () => string {
  let last = Number.NaN;
  let field = "";
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      field = `,"time":"${new Date(now).toISOString()}"`;
    }
    return field;
  };
}

/** Resolves when the lines logged so far were written, or can't be. */
export function flushed(log: Logger): Promise<void> {
  return new Promise((resolve) => log.flush(() => resolve()));
}
