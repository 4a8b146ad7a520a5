import type { Dispatcher } from "undici";

/** A request that is sent again and again. */
export interface BenchRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How the upstream is to answer: see `processes/upstream.ts`. */
export type AnswerMode = "blocking" | "stream" | "hold";

export function createRequest(job: {
  readonly path: string;
  readonly apiKey: string;
  readonly mode: AnswerMode;
  readonly bodyBytes: number;
}): BenchRequest {
  const headers = {
    "content-type": "application/json",
    "x-api-key": job.apiKey,
    "anthropic-version": "2023-06-01",
    "x-bench": job.mode,
  };
  const body = Buffer.from(conversation(job.bodyBytes, job.mode !== "blocking"));
  return { path: job.path, headers, body };
}

/** A conversation of that size: what makes requests large is what was said before. */
function conversation(size: number, stream: boolean): string {
  const messages = [
    { role: "user", content: "" },
    { role: "assistant", content: "Yes." },
    { role: "user", content: "Go on." },
  ];
  const frame = { model: "m", max_tokens: 64, stream, messages };
  const text = "All work and no play makes a dull gateway. ".repeat(size / 43 + 1);
  const [first] = messages;
  if (first) first.content = text.slice(0, Math.max(0, size - JSON.stringify(frame).length));
  return JSON.stringify(frame);
}

/** What a sender may want to see happen. */
export interface Watch {
  /** The request goes out on a connection: from here on it waits for nobody of ours. */
  onSent?(): void;
  /** Each piece of the answer's body. */
  onChunk?(chunk: Buffer, controller: Dispatcher.DispatchController): void;
}

/**
 * Sends a request and reads its answer. Resolves with the answer's status, or,
 * if there was none or it was cut, with what went wrong. Never rejects.
 */
export function ask(
  dispatcher: Dispatcher,
  { path, headers, body }: BenchRequest,
  watch: Watch = {},
): Promise<number | string> {
  return new Promise((resolve) => {
    let status = 0;
    dispatcher.dispatch(
      { path, method: "POST", headers, body },
      {
        onRequestStart: () => watch.onSent?.(),
        onResponseStart: (_, code) => {
          status = code;
        },
        onResponseData: (controller, chunk) => watch.onChunk?.(chunk, controller),
        onResponseEnd: () => resolve(status),
        onResponseError: (_, error) => resolve(nameOf(error)),
      },
    );
  });
}

function nameOf(error: Error & { readonly code?: unknown }): string {
  return typeof error.code === "string" ? error.code : error.message;
}
