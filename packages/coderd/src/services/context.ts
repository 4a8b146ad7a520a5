import type { Logger, PrivateUpstreams } from "@aibridge/runtime";
import type { Background } from "../background.ts";
import type { ChangeFeed } from "../changes/change-feed.ts";
import type { KeyRing } from "../credentials/key-ring.ts";
import type { Store } from "../store/store.ts";

/** What the services work with. One per process; it outlives every call. */
export interface ServiceContext {
  readonly store: Store;
  readonly changes: ChangeFeed;
  readonly keyRing: KeyRing;
  /** The time that decides about expiry and is put on record. */
  readonly now: () => Date;
  readonly log: Logger;
  /** For how many days the record is kept; 0 for ever. */
  readonly retentionDays: number;
  /** Where providers and MCP servers may be. */
  readonly privateUpstreams: PrivateUpstreams;
  /** For what a call began and must be ended without it. */
  readonly background: Background;
}
