import type { StopSource } from "@aibridge/runtime";
import { z } from "zod";

/** The variable by which `up` tells its children that it listens to them. */
export const supervisedVariable = "AIBRIDGE_SUPERVISED";

/** What a child tells `up`, over the channel that Node opens between them. */
export const childMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), ready: z.record(z.string(), z.unknown()) }),
  z.object({
    type: z.literal("failed"),
    code: z.string(),
    message: z.string(),
    exitCode: z.literal([1, 2]),
  }),
]);

/** See `childMessage`. */
export type ChildMessage = z.infer<typeof childMessage>;

/** What `up` tells a child: the first time drain, the second time cut. */
export const stopMessage = "stop";

/** A child's side of the channel to `up`. */
export interface Supervisor {
  /** Resolves when the message was handed over, or nobody is there to take it. */
  tell(message: ChildMessage): Promise<void>;
  /**
   * `up` alone says when its children stop, so that the gateway ends before the
   * coderd that it needs. Signals that reach the whole group (Ctrl-C, a
   * container's stop) are therefore left to `up`. Should it be gone, that is a
   * request to stop, too: nobody outlives it.
   */
  readonly stopSource: StopSource;
}

/** The supervisor of this process, or undefined if it was not started by `up`. */
export function supervisorOf(child: NodeJS.Process): Supervisor | undefined {
  if (!child.connected || child.env[supervisedVariable] !== "1") return undefined;
  return {
    tell: (message) =>
      new Promise((resolve) => {
        if (!child.connected || child.send === undefined) resolve();
        else child.send(message, () => resolve());
      }),
    stopSource(ask) {
      const ignore = () => undefined;
      const onMessage = (message: unknown) => {
        if (message === stopMessage) ask("aibridge up");
      };
      const onDisconnect = () => ask("the end of aibridge up");
      for (const signal of signals) child.on(signal, ignore);
      child.on("message", onMessage);
      child.once("disconnect", onDisconnect);
      return () => {
        child.removeListener("message", onMessage);
        child.removeListener("disconnect", onDisconnect);
        for (const signal of signals) child.removeListener(signal, ignore);
      };
    },
  };
}

const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
