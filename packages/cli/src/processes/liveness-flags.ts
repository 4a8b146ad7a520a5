import { durationMs, variable } from "@aibridge/runtime";
import { flag } from "../command.ts";

/** How long the gateway goes on without news of keys. */
export const livenessFlags = {
  coderdTryNext: flag(
    "--coderd-try-next-after <time>",
    "how long one coderd may take before the next is asked as well",
    variable("AIBRIDGE_CODERD_TRY_NEXT_AFTER", durationMs, "300ms"),
  ),
  livenessSilence: flag(
    "--liveness-silence <time>",
    "how long coderd may be silent before each request asks",
    variable("AIBRIDGE_LIVENESS_SILENCE", durationMs, "400ms"),
  ),
  unconfirmed: flag(
    "--unconfirmed-stream-timeout <time>",
    "how long a request may run on without it being known that its key lives",
    variable("AIBRIDGE_UNCONFIRMED_STREAM_TIMEOUT", durationMs, "650ms"),
  ),
};
