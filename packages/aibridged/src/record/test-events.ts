import { randomUUID } from "node:crypto";
import type { RecordEvent, StartedEvent } from "@aibridge/aibridge";

/** Events as a gateway makes them, about nothing, each with an id of its own. */
export function startedEvent(interceptionId: string = randomUUID()): StartedEvent {
  return {
    ...headOf(interceptionId),
    kind: "started",
    started: {
      initiatorId: "11111111-1111-4111-8111-111111111111",
      apiKeyId: "keyidkeyid",
      providerType: "anthropic",
      providerName: "anthropic",
      model: "model",
      client: "Unknown",
      clientSessionId: "",
      userAgent: "",
      correlatingToolCallId: "",
      credentialKind: "centralized",
      credentialHint: "",
      delegated: false,
      source: "",
      streaming: true,
      metadata: {},
    },
  };
}

export function promptEvent(interceptionId: string, text: string) {
  return {
    ...headOf(interceptionId),
    kind: "prompt",
    prompt: { providerResponseId: "", text, privacy: "full" },
  } as const satisfies RecordEvent;
}

export function endedEvent(interceptionId: string) {
  return {
    ...headOf(interceptionId),
    kind: "ended",
    ended: {
      status: "completed",
      errorType: undefined,
      errorMessage: "",
      upstreamStatus: 200,
      upstreamRequestId: "",
      timeToFirstByteMs: 1,
      gatewayOverheadMs: 1,
    },
  } as const satisfies RecordEvent;
}

function headOf(interceptionId: string) {
  return { id: randomUUID(), interceptionId, time: new Date() };
}
