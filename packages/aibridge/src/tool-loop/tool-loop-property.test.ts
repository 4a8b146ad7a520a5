import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { chatCompletions } from "../intercept/chat-completions/format.ts";
import type { Format } from "../intercept/format.ts";
import type { JsonObject } from "../intercept/json.ts";
import { messages } from "../intercept/messages/format.ts";
import { responses } from "../intercept/responses/format.ts";
import { createEventDecoder, type ServerEvent, textOfEvent } from "../intercept/server-events.ts";
import { type Part, type Round, streamOf, wholeOf } from "./test-turns.ts";

const formats: readonly Format[] = [messages, chatCompletions, responses];

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ text: fc.string({ minLength: 1 }) }),
  fc.record({ thinking: fc.string(), signature: fc.string() }),
  fc.record({
    call: fc.uuid(),
    name: fc.constantFrom("bmcp_srv_add", "bmcp_srv_now", "client_read"),
    args: fc.dictionary(fc.string(), fc.jsonValue()).map((args) => JSON.stringify(args)),
  }),
);
const rounds = fc
  .array(fc.array(part, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
  .map((all) => all.map((parts, at): Round => ({ id: `r${at}`, parts })));
const isInjected = (name: string) => name.startsWith("bmcp_");
const options = { isInjected, wantsUsage: true };
const ending = { rename: undefined, notice: undefined };

/** What the client gets of these rounds, put together. */
function clientAnswer(format: Format, roundEvents: readonly (readonly ServerEvent[])[]) {
  const translator = format.tools.createTranslator(options);
  const fold = format.tools.createFold();
  const take = (events: readonly ServerEvent[]) => {
    for (const { json } of events) if (json) fold.take(json);
  };
  for (const [at, events] of roundEvents.entries()) {
    if (at > 0) translator.nextRound();
    for (const event of events) take(translator.take(event));
  }
  take(translator.finish(ending));
  return fold.answer();
}

function decoded(text: string, lengths: readonly number[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const decoder = createEventDecoder(
    (event) => events.push(event),
    () => {},
  );
  const bytes = Buffer.from(text);
  let at = 0;
  for (const length of lengths) {
    decoder.read(bytes.subarray(at, at + length));
    at += length;
  }
  decoder.read(bytes.subarray(at));
  decoder.end();
  return events;
}

/** In what stream and whole answer differ by their nature. */
function comparable(answer: JsonObject | undefined): unknown {
  const { object: _object, ...rest } = answer ?? {};
  return JSON.parse(JSON.stringify(rest));
}

// proves: tool-loop.stream-equals-whole
test.each(formats)("$name: however it is cut, a stream folds to what comes whole", (format) => {
  fc.assert(
    fc.property(rounds, fc.array(fc.integer({ min: 1, max: 200 })), (rounds, lengths) => {
      const streamed = clientAnswer(
        format,
        rounds.map((round) => decoded(streamOf(format.name, round).join(""), lengths)),
      );
      const whole = clientAnswer(
        format,
        rounds.map((round) =>
          Array.from(format.tools.eventsFrom({ ...wholeOf(format.name, round) }), (json) => ({
            name: undefined,
            data: undefined,
            json,
          })),
        ),
      );
      expect(comparable(streamed)).toEqual(comparable(whole));
      expect(JSON.stringify(streamed)).not.toContain("bmcp_");
    }),
    { numRuns: 100 },
  );
});

// proves: tool-loop.stream-equals-whole
test.each(formats)("$name: a whole answer unfolds and folds to itself", (format) => {
  fc.assert(
    fc.property(rounds, ([round]) => {
      if (!round) return;
      const answer = JSON.parse(JSON.stringify(wholeOf(format.name, round)));
      const fold = format.tools.createFold();
      for (const event of format.tools.eventsFrom(answer)) fold.take(event);
      expect(fold.ended).toBe(true);
      expect(JSON.parse(JSON.stringify(fold.answer()))).toEqual(answer);
    }),
  );
});

// proves: tool-loop.one-answer
test.each(formats)(
  "$name: without a call for the gateway, a stream stays what it was",
  (format) => {
    const quiet = rounds.filter(([round]) =>
      Boolean(round?.parts.every((part) => !("call" in part) || !isInjected(part.name))),
    );
    fc.assert(
      fc.property(quiet, ([round]) => {
        if (!round) return;
        const stream = streamOf(format.name, round).join("");
        const translator = format.tools.createTranslator(options);
        const out = decoded(stream, []).flatMap((event) => translator.take(event));
        const text = [...out, ...translator.finish(ending)].map(textOfEvent).join("");
        expect(text).toBe(stream);
      }),
    );
  },
);
