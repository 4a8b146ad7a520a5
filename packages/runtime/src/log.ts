import { type DestinationStream, type Logger as PinoLogger, pino } from "pino";

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

/**
 * Lines are written together: one system call for each would be a tenth of what
 * a request costs. A process that is killed loses the last of them; one that
 * ends or crashes by itself flushes.
 */
const batching = { minLength: 8 * 1024, periodicFlush: 50 };

/**
 * A logger of JSON lines: `level` as a word, `time` in ISO 8601, `name`, `msg`,
 * fields. An error goes under `err` and is shown with its causes. A `Secret`
 * shows as `[secret]`, wherever it is.
 */
export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  return pino(
    {
      name,
      level,
      base: { name },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause },
    },
    destination ??
      pino.destination({ fd: 2, sync: false, ...batching, maxLength: waitingBytesMax }),
  );
}

/** Resolves when the lines logged so far were written, or can't be. */
export function flushed(log: Logger): Promise<void> {
  return new Promise((resolve) => log.flush(() => resolve()));
}
