import { randomUUIDv7 } from "node:crypto";
import type { AnswerFacts } from "../intercept/answer.ts";
import type { Redactor } from "../privacy/redactor.ts";
import { Refusal } from "../refusal.ts";
import { createEventIds } from "./event-ids.ts";
import type { InterceptionEnded, InterceptionStarted, ToolUsage } from "./events.ts";
import type { Recorder } from "./recorder.ts";

/** The record of one interception: one start, one end, and what happened between them. */
export class InterceptionRecord {
  /** A UUIDv7. */
  readonly id: string = randomUUIDv7();
  readonly #nextEventId = createEventIds(this.id);
  readonly #recorder: Recorder;
  readonly #redact: Redactor;
  readonly #providerName: string;

  constructor(recorder: Recorder, redact: Redactor, providerName: string) {
    this.#recorder = recorder;
    this.#redact = redact;
    this.#providerName = providerName;
  }

  /**
   * Resolves when the start is durable.
   *
   * @throws Refusal 503 if it can't be recorded.
   */
  start(started: InterceptionStarted): Promise<void> {
    const event = { ...this.#head(), kind: "started", started } as const;
    return this.#recorder.started(event).catch((cause: unknown) => {
      throw new Refusal("record_unavailable", { cause });
    });
  }

  /** See `Recorder`. Undefined: what was recorded survives this process by now. */
  written(): Promise<void> | undefined {
    return this.#recorder.written?.();
  }

  /** See `Recorder`. */
  writeNow(): void {
    this.#recorder.writeNow?.();
  }

  /** What the user asked. Only after the start. */
  prompt(text: string): void {
    const kept = this.#redact("prompt", text, this.#providerName);
    const prompt = { providerResponseId: "", ...kept };
    this.#recorder.record({ ...this.#head(), kind: "prompt", prompt });
  }

  /** What is known of the answer. Only after the start. */
  answer(answer: AnswerFacts): void {
    const providerResponseId = answer.responseId;
    const { usage: tokenUsage } = answer;
    if (tokenUsage) this.#recorder.record({ ...this.#head(), kind: "token_usage", tokenUsage });
    const ran = { injected: false, serverUrl: "", invocationError: "" };
    for (const call of answer.toolUsages) this.#toolUsage({ providerResponseId, ...call, ...ran });
    for (const { thoughtKind, text } of answer.thoughts) {
      const kept = this.#redact("thought", text, this.#providerName);
      const modelThought = { providerResponseId, thoughtKind, ...kept };
      this.#recorder.record({ ...this.#head(), kind: "model_thought", modelThought });
    }
  }

  /** A call of a tool that the gateway answered for. Only after the start. */
  injectedCall(call: Omit<ToolUsage, "privacy" | "injected">): void {
    this.#toolUsage({ ...call, injected: true });
  }

  /** The last call. Only after the start. */
  end(ended: InterceptionEnded): void {
    this.#recorder.record({ ...this.#head(), kind: "ended", ended });
  }

  #toolUsage({ arguments: given, ...call }: Omit<ToolUsage, "privacy">): void {
    const { text, privacy } = this.#redact("toolArguments", given, this.#providerName);
    const toolUsage = { ...call, arguments: text, privacy };
    this.#recorder.record({ ...this.#head(), kind: "tool_usage", toolUsage });
  }

  #head() {
    return { id: this.#nextEventId(), interceptionId: this.id, time: new Date() };
  }
}
