import type { Interception } from "@aibridge/proto/coder/aibridge/v1/interception";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { time } from "../admin/text.ts";
import { shortOrDash } from "./shown-text.ts";
import { statusOf } from "./status.ts";

/** The columns of `interceptionCells`. */
export const interceptionColumns = [
  "started",
  "status",
  "took",
  "user",
  "client",
  "provider",
  "model",
  "session",
] as const;

/** An interception in a word for each column. */
export function interceptionCells(interception: Interception): string[] {
  const { started, startTime, sessionId } = interception;
  return [
    time(startTime),
    statusOf(interception),
    durationText(interception),
    shortOrDash(started?.metadata.Username ?? started?.initiatorId ?? "", 36),
    shortOrDash(started?.client ?? "", 30),
    shortOrDash(started?.providerName ?? "", 40),
    shortOrDash(started?.model ?? "", 40),
    shortOrDash(sessionId, 48),
  ];
}

/** How long it took, in seconds; a dash while it runs. */
export function durationText({ startTime, endTime }: Interception): string {
  if (startTime === undefined || endTime === undefined) return "-";
  return `${((timestampMs(endTime) - timestampMs(startTime)) / 1_000).toFixed(1)}s`;
}
