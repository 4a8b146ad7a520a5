import { headerValue, type RawHeaders } from "../headers.ts";
import type { RelayWatcher } from "../relay/relay.ts";
import type { RequestTelemetry } from "../telemetry/telemetry.ts";
import type { AnswerFacts, AnswerReader } from "./answer.ts";
import type { Format } from "./format.ts";

/** Reads one answer on the side, by what its head says it is. */
export class AnswerWatcher implements RelayWatcher {
  /** The provider's id of the request; empty if it gave none. */
  upstreamRequestId = "";
  readonly #format: Format;
  readonly #telemetry: RequestTelemetry;
  #reader: AnswerReader | undefined;
  #lastChunkAt: number | undefined;

  constructor(format: Format, telemetry: RequestTelemetry) {
    this.#format = format;
    this.#telemetry = telemetry;
  }

  onHead(status: number, headers: RawHeaders): void {
    this.#telemetry.upstreamResponded(status);
    const id = headerValue(headers, "request-id") ?? headerValue(headers, "x-request-id") ?? "";
    this.upstreamRequestId = id.slice(0, 256);
    // Compressed although it was asked not to be: relayed, and not read.
    if (headerValue(headers, "content-encoding")) return;
    const type = headerValue(headers, "content-type")?.trim().toLowerCase() ?? "";
    this.#reader = this.#format.createReader(
      type.startsWith("text/event-stream") ? "stream" : "whole",
    );
  }

  onChunk(chunk: Uint8Array): void {
    const now = performance.now();
    if (this.#lastChunkAt !== undefined) this.#telemetry.chunk(now - this.#lastChunkAt);
    this.#lastChunkAt = now;
    this.#reader?.read(chunk);
  }

  /** What was read; undefined if there was nothing to read. */
  finish(complete: boolean): AnswerFacts | undefined {
    return this.#reader?.finish(complete);
  }
}
