/** A request body: JSON that nobody has checked. */
export type DemoRequest = Readonly<Record<string, unknown>>;

/** One server-sent event. Without a name it is only data, as Chat Completions has it. */
export interface DemoEvent {
  readonly event?: string;
  readonly data: object | "[DONE]";
}

/** What the demo answers: a body, or events. */
type DemoReply =
  | { readonly body: object; readonly events?: undefined }
  | { readonly body?: undefined; readonly events: readonly DemoEvent[] };

/** Why the demo does not answer. */
export interface DemoError {
  readonly status: number;
  readonly message: string;
}

/** One of the APIs, as a function of the request. */
export type DemoApi = (request: DemoRequest) => DemoReply | DemoError;
