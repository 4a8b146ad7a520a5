import type { InterceptionRecord } from "../record/interception-record.ts";
import type { RelayWatcher } from "../relay/relay.ts";
import type { RequestTelemetry } from "../telemetry/telemetry.ts";
import type { AnswerFacts } from "./answer.ts";
import { AnswerWatcher } from "./answer-watcher.ts";
import type { Format } from "./format.ts";

export interface AnswersOptions {
  readonly format: Format;
  readonly telemetry: RequestTelemetry;
  readonly record: InterceptionRecord;
  /** Calls of these tools are put on record by who runs them. */
  readonly isInjected: (name: string) => boolean;
}

/**
 * The provider's answers to one interception, each read on the side and put on
 * record: one, or several where the gateway runs tools.
 */
export class Answers {
  readonly #options: AnswersOptions;
  #watcher: AnswerWatcher | undefined;
  #upstreamRequestId = "";
  #newest: AnswerFacts | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Of the newest answer; empty if the provider gave none. */
  get upstreamRequestId(): string {
    return this.#watcher?.upstreamRequestId ?? this.#upstreamRequestId;
  }

  /** Who is to see the next answer. */
  begin(): RelayWatcher {
    this.#newest = undefined;
    this.#watcher = new AnswerWatcher(this.#options.format, this.#options.telemetry);
    return this.#watcher;
  }

  /**
   * The newest answer is over: what was read of it, undefined if there was
   * nothing to read. It goes on record once, so only call it after the start.
   */
  finish(complete: boolean): AnswerFacts | undefined {
    if (!this.#watcher) return this.#newest;
    const { record, telemetry, isInjected } = this.#options;
    this.#upstreamRequestId = this.#watcher.upstreamRequestId;
    const answer = this.#watcher.finish(complete);
    this.#watcher = undefined;
    this.#newest = answer;
    if (!answer) return undefined;
    const toolUsages = answer.toolUsages.filter(({ tool }) => !isInjected(tool));
    record.answer({ ...answer, toolUsages });
    if (answer.usage) telemetry.tokens(answer.usage);
    return answer;
  }
}
