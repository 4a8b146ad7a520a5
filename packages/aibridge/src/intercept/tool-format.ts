import type { InjectedTool, ToolOutcome } from "../mcp/toolbox.ts";
import type { JsonObject } from "./json.ts";
import type { ServerEvent } from "./server-events.ts";

/**
 * What the tool loop must know of a format. Bodies are valid JSON objects in
 * UTF-8; what is changed in them is spliced in, and every other byte stays.
 */
export interface ToolFormat {
  /**
   * Adds tools to a request. Undefined if it can't take any: the model is not
   * free to choose them, or none is left beside the client's of the same name.
   */
  inject(body: Buffer, request: JsonObject, tools: readonly InjectedTool[]): Injection | undefined;
  /** The events that a stream would have brought for this answer: folded, they give it back. */
  eventsFrom(answer: JsonObject): Iterable<JsonObject>;
  createFold(): Fold;
  /** What the model wants of an answer's tools. */
  readTurn(answer: JsonObject, isInjected: (name: string) => boolean): Turn;
  createTranslator(options: TranslatorOptions): Translator;
  /** The request of the next round: the turn and the results of its calls behind what there is. */
  continueWith(body: Buffer, answer: JsonObject, results: readonly ToolResult[]): Buffer;
  /** Of these tool calls, the one whose result is what the request newly brings. */
  answeredCall(request: JsonObject, ids: ReadonlySet<string>): string | undefined;
  /** Puts calls and their results beside that tool call and its result. */
  resume(body: Buffer, carrierId: string, results: readonly ToolResult[]): Buffer;
  /** What keeps a client from giving up, between two events. */
  readonly keepAlive: string;
}

/** A request with tools in it that the client knows nothing of. */
export interface Injection {
  readonly body: Buffer;
  readonly names: ReadonlySet<string>;
}

/** Puts the events of one answer together, as the answer would come whole. */
export interface Fold {
  take(event: JsonObject): void;
  /** Undefined while nothing of the format was seen. */
  answer(): JsonObject | undefined;
  /** Whether the format's sign was seen that nothing follows. */
  readonly ended: boolean;
}

/** What one answer asks for. */
export interface Turn {
  /** Of injected tools, in order. */
  readonly calls: readonly InjectedCall[];
  /** The client's own call that comes last; undefined if it has none. */
  readonly lastClientCallId: string | undefined;
  /** Whether the model waits for results, rather than that it was cut or refused. */
  readonly waitsForResults: boolean;
  /** Whether the answer as it stands names an injected tool. */
  readonly namesInjected: boolean;
  /** By which id the provider would go on from here; undefined if it keeps nothing. */
  readonly storedAs: string | undefined;
}

/** A call of an injected tool, by the model. */
export interface InjectedCall {
  readonly id: string;
  readonly name: string;
  /** JSON, or what the model wrote in its place. */
  readonly arguments: string;
  /** How many calls for the client stand behind it in the same turn: its place. */
  readonly clientCallsAfter: number;
}

/** A call and what came of it. */
export interface ToolResult {
  readonly call: InjectedCall;
  readonly outcome: Pick<ToolOutcome, "content" | "isError">;
}

export interface TranslatorOptions {
  isInjected(name: string): boolean;
  /** Whether the client asked a chat stream for usage. */
  readonly wantsUsage: boolean;
}

/**
 * Turns the answers of all rounds into the one that the client sees: one
 * start, one end, one id, positions without gaps, and usage that adds up.
 */
export interface Translator {
  /**
   * What the client sees of an event now. Held back are the calls of injected
   * tools for good; the end of an answer until `nextRound` or `finish`; and
   * what follows the beginning of a client's call, until another begins or the
   * turn is over, for its id may have to carry what is deferred.
   */
  take(event: ServerEvent): ServerEvent[];
  /** The turn is over and another follows. */
  nextRound(): void;
  /** The last turn is over: what was held back, and the end. */
  finish(ending: Ending): ServerEvent[];
}

export interface Ending {
  /** The id of a client's call, and the one the client is to see instead. */
  readonly rename?: { readonly from: string; readonly to: string } | undefined;
  /** A text to end with, where the gateway ends what the model would go on with. */
  readonly notice?: string | undefined;
}
