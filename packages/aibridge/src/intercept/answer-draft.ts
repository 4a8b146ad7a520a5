import type { TokenUsage } from "../record/events.ts";
import type { ThoughtFacts, ToolUsageFacts } from "./answer.ts";
import type { JsonObject } from "./json.ts";
import { textFrom } from "./json.ts";

/** Turns the events of an answer into facts. One for each format; a whole answer takes the same way. */
export interface AnswerReducer {
  readonly draft: AnswerDraft;
  /**
   * Takes the next event: usage first, for what follows may be too much.
   *
   * @throws UnreadableAnswerError if it makes more facts than are kept.
   */
  take(event: JsonObject): void;
  /**
   * Whether an event, by its text, certainly holds nothing that `take` takes, so
   * that it need not be parsed. Nearly all events of a stream are words for the
   * user, which are nobody's business. Default: none does.
   */
  overlooks?(eventText: string): boolean;
  /** Undefined if the provider reported none. */
  usage(): UsageCounters | undefined;
  toolUsages(): ToolUsageFacts[];
  thoughts(): ThoughtFacts[];
}

/** A usage row, but for what `AnswerDraft` knows. */
export type UsageCounters = Omit<TokenUsage, "providerResponseId" | "model" | "partial">;

/** The answer is not what its format says, or more than a reader keeps. The message is public. */
export class UnreadableAnswerError extends Error {
  override readonly name = "UnreadableAnswerError";
}

/** Characters of tool arguments and thoughts read from one answer. */
const keptCharsMax = 16 * 1_024 * 1_024;

/** What a call or a thought costs beside its texts, and a text beside its characters, roughly. */
const [entryChars, textChars] = [128, 16];

/** What the reducers of all formats gather alike. */
export class AnswerDraft {
  #responseId = "";
  #model = "";
  #errorEvent: string | undefined;
  #keptChars = 0;
  /** An event of the format was seen. */
  recognized = false;
  /** The format's own sign that nothing follows was seen. */
  ended = false;

  get responseId(): string {
    return this.#responseId;
  }

  get model(): string {
    return this.#model;
  }

  get errorEvent(): string | undefined {
    return this.#errorEvent;
  }

  /** Some providers send an empty id or model at first: that says nothing. */
  identify({ id, model }: JsonObject): void {
    this.recognized = true;
    this.#responseId = textFrom(id) || this.#responseId;
    this.#model = textFrom(model) || this.#model;
  }

  /** The provider says that it failed. `code` where an API has no `type`. */
  fail({ type, code, message }: JsonObject): void {
    this.recognized = true;
    const kind = textFrom(type) || textFrom(code) || "error";
    this.#errorEvent = `${kind}: ${textFrom(message)}`.slice(0, 1_024);
  }

  /**
   * Counts a text that becomes part of the facts.
   *
   * @throws UnreadableAnswerError if it is one too many.
   */
  keep(text: unknown): string {
    const kept = textFrom(text);
    this.#count(kept.length + textChars);
    return kept;
  }

  /** Counts an entry, such as a tool call, beside its texts. Throws as `keep`. */
  keepEntry(): void {
    this.#count(entryChars);
  }

  #count(chars: number): void {
    this.#keptChars += chars;
    if (this.#keptChars > keptCharsMax) {
      throw new UnreadableAnswerError("more tool arguments and thoughts than are kept");
    }
  }
}
