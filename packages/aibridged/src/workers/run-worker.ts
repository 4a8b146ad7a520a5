import type { Duplex } from "node:stream";
import { leaveNotes } from "@aibridge/aibridge";
import { aborted, createMetrics, type Logger, type ProcessContext } from "@aibridge/runtime";
import { checkDraining } from "../check-draining.ts";
import { openCoderds } from "../coderd/open-coderds.ts";
import type { AibridgedConfig } from "../config.ts";
import { eventCodec } from "../record/event-codec.ts";
import { openServing } from "../serving.ts";
import { openTelemetry } from "../telemetry/open-telemetry.ts";
import { createLinkRecorder, type LinkRecorder } from "./link-recorder.ts";
import type { Answers, KeeperMessage, Question } from "./messages.ts";
import { tellKeeper } from "./tell-keeper.ts";

/**
 * Serves, on a port that other workers share, until it was told to drain and
 * has drained. What is recorded goes over `link`.
 */
export async function runWorker(
  config: AibridgedConfig,
  link: Duplex,
  { log, drain, cut, announce }: ProcessContext,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const metrics = createMetrics();
  const telemetry = await openTelemetry(config, metrics, stack, log);
  const coderds = await openCoderds(config, log);
  const onDrop = () => telemetry.eventsDropped(1);
  const recorder = createLinkRecorder({ stream: link, codec: eventCodec, onDrop, log });
  stack.defer(leaveAtExit(config.spool, recorder, log));
  stack.defer(() => recorder.close());
  const serving = await openServing(
    { config, coderds, recorder, telemetry, metrics, log, reusePort: true },
    stack,
  );
  stack.defer(
    answerQuestions({
      readiness: async () => ({ ...serving.check(), draining: checkDraining(drain) }),
      metrics: () => metrics.getMetricsAsJSON(),
    }),
  );
  announce({});

  await aborted(drain);
  await serving.drain(cut);
}

/**
 * Whoever ends without having closed its record has lost its keeper, and leaves
 * to the next one what this one may not have taken; until the function it
 * returns is called.
 */
function leaveAtExit(spool: string, recorder: LinkRecorder, log: Logger): () => void {
  const onExit = () => {
    try {
      leaveNotes(spool, recorder.untaken());
    } catch (err) {
      log.error({ err }, "record events lost: they can't be left to the next keeper");
    }
  };
  process.once("exit", onExit);
  return () => void process.removeListener("exit", onExit);
}

type Answerers = { readonly [Q in Question]: () => Promise<Answers[Q]> };

/** Answers the keeper until the function it returns is called. */
function answerQuestions(answerers: Answerers): () => void {
  const onMessage = (message: KeeperMessage) => {
    if (message.type !== "ask") return;
    const { id, question } = message;
    void answerers[question]().then((answer) => tellKeeper({ type: "answer", id, answer }));
  };
  process.on("message", onMessage);
  return () => void process.removeListener("message", onMessage);
}
