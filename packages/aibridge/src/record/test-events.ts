import { randomUUIDv7 } from "node:crypto";
import type { Log } from "../log.ts";
import type { EncodedEvent } from "./codec.ts";
import type { RecordEvent } from "./events.ts";
import { jsonCodec } from "./json-codec.ts";
import type { StartedEvent } from "./recorder.ts";

/** Events as a gateway makes them, about nothing. */
export function startedEvent(
  interceptionId: string = randomUUIDv7(),
  userAgent = "",
): StartedEvent {
  return {
    id: randomUUIDv7(),
    interceptionId,
    time: new Date(1_000),
    kind: "started",
    started: {
      initiatorId: "11111111-1111-4111-8111-111111111111",
      apiKeyId: "keyidkeyid",
      providerType: "anthropic",
      providerName: "anthropic",
      model: "model",
      client: "Unknown",
      clientSessionId: "",
      userAgent,
      correlatingToolCallId: "",
      credentialKind: "centralized",
      credentialHint: "",
      delegated: false,
      source: "",
      streaming: true,
      metadata: { Username: "ann" },
    },
  };
}

export function promptEvent(interceptionId: string, text = "hello") {
  return {
    id: randomUUIDv7(),
    interceptionId,
    time: new Date(2_000),
    kind: "prompt",
    prompt: { providerResponseId: "", text, privacy: "full" },
  } as const satisfies RecordEvent;
}

export function endedEvent(interceptionId: string) {
  return {
    id: randomUUIDv7(),
    interceptionId,
    time: new Date(3_000),
    kind: "ended",
    ended: {
      status: "completed",
      errorType: undefined,
      errorMessage: "",
      upstreamStatus: 200,
      upstreamRequestId: "",
      timeToFirstByteMs: 12.5,
      gatewayOverheadMs: 0.25,
    },
  } as const satisfies RecordEvent;
}

/** Reads what `jsonCodec` wrote. */
export function eventFrom({ bytes, time }: EncodedEvent): RecordEvent {
  return { ...(jsonCodec.describe(bytes) as RecordEvent), time };
}

/** A log that a test can read: `<level> <event>`. */
export function memoryLog(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (_fields: object, event: string) =>
    void lines.push(`${level} ${event}`);
  return {
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    lines,
  };
}
