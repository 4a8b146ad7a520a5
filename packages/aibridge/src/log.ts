/**
 * What the library needs of a logger; pino's fits. One event, one line, fields
 * and not prose.
 */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}
