import type { RawHeaders } from "@aibridge/aibridge";
import { type Context, ROOT_CONTEXT } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

/**
 * Of the trace headers only `traceparent` is ours to read and rewrite: its form
 * leaves no room for anything but ids. `tracestate` and `baggage` are free text
 * in which a key might stand. They go on as the client sent them, through the
 * same sieve as its other headers, or not at all.
 */
const traceparent = "traceparent";

const propagator = new W3CTraceContextPropagator();

/** The trace that a request says it belongs to (W3C Trace Context), or none. */
export function parentFrom(headers: RawHeaders): Context {
  return propagator.extract(ROOT_CONTEXT, headers, {
    keys: () => [traceparent],
    get: (carrier, name) => (name === traceparent ? onlyValue(carrier, name) : undefined),
  });
}

/** Makes these headers, in place, name the span of `context` as the parent. */
export function injectInto(headers: string[], context: Context): void {
  propagator.inject(context, headers, {
    set(carrier, name, value) {
      if (name !== traceparent) return;
      remove(carrier, name);
      carrier.push(name, value);
    },
  });
}

/** Two different parents are none (W3C Trace Context, section 3.2). */
function onlyValue(headers: RawHeaders, name: string): string | undefined {
  const values = headers.filter((_, at) => at % 2 === 1 && isNamed(headers[at - 1], name));
  return values.length === 1 ? values[0] : undefined;
}

function remove(headers: string[], name: string): void {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (isNamed(headers[at], name)) headers.splice(at, 2);
  }
}

function isNamed(candidate: string | undefined, name: string): boolean {
  return candidate?.toLowerCase() === name;
}
