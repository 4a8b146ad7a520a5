/** How far the gateway goes on by itself for one request. Past any of these the answer ends and says so. */
export interface ToolLoopLimits {
  /** Upstream calls for one request. Default 10. */
  readonly roundsMax: number;
  /** From the request's first upstream call until the last round may begin. Default 5 min. */
  readonly wallTimeMs: number;
  /** Tokens of all kinds in all rounds, after which none begins. Default 2,000,000. */
  readonly tokensMax: number;
  /** Bytes of all results of one request, as JSON; a result beyond is an error for the model. Default 4 MiB. */
  readonly resultBytesMax: number;
  /** Bytes of a request to the provider, with turns and results added to it. Default 64 MiB. */
  readonly requestBytesMax: number;
  /** Bytes of an answer of the provider that is kept to be sent back. Default 32 MiB. */
  readonly turnBytesMax: number;
  /** Calls of one turn; those beyond are errors for the model. Default 64. */
  readonly callsPerTurnMax: number;
  /** Calls that run at the same time. Default 8. */
  readonly concurrencyMax: number;
  /** How long a stream may be silent before a sign of life. Default 10 s. */
  readonly keepAliveMs: number;
}

export const defaultToolLoopLimits: ToolLoopLimits = {
  roundsMax: 10,
  wallTimeMs: 300_000,
  tokensMax: 2_000_000,
  resultBytesMax: 4 * 1_024 * 1_024,
  requestBytesMax: 64 * 1_024 * 1_024,
  turnBytesMax: 32 * 1_024 * 1_024,
  callsPerTurnMax: 64,
  concurrencyMax: 8,
  keepAliveMs: 10_000,
};
