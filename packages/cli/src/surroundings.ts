import type { Readable, Writable } from "node:stream";
import type { ConfigSource } from "@aibridge/runtime";
import type { Supervisor } from "./processes/supervisor.ts";

/** What a command has to do with the world outside. */
export interface Surroundings {
  readonly env: ConfigSource;
  readonly stdin: Readable;
  /** For what the command was asked for, and nothing else. */
  readonly stdout: Writable;
  /** For logs and errors. */
  readonly stderr: Writable;
  /** The `aibridge up` that started this process, if one did. */
  readonly supervisor?: Supervisor | undefined;
}
