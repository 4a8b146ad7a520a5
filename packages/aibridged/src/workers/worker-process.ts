import { once } from "node:events";
import { Socket } from "node:net";
import { createLogger, flushed, type Logger, runProcess, type StopSource } from "@aibridge/runtime";
import { type AibridgedConfig, parseAibridgedConfig } from "../config.ts";
import { type KeeperMessage, linkDescriptor, type StartMessage } from "./messages.ts";
import { runWorker } from "./run-worker.ts";
import { tellKeeper } from "./tell-keeper.ts";

/**
 * The process of a worker. It is told what to do, and to end, by its keeper
 * alone; signals that reach the whole group (Ctrl-C, a container's stop) are
 * left to the keeper. Without a keeper nothing can be recorded, so nothing may
 * be served: then it ends at once.
 */
async function main(): Promise<void> {
  // Listening begins here, before anything is waited for that was not sent yet.
  const [{ worker, variables }] = (await once(process, "message")) as [StartMessage];
  const config = parseAibridgedConfig(variables);
  const log = createLogger({ name: "aibridged", level: config.logLevel }).child({ worker });
  const keeperIsGone = () => {
    log.error({}, "the keeper is gone: so is this worker");
    process.exit(1);
  };
  const link = new Socket({ fd: linkDescriptor, readable: true, writable: true });
  process.once("disconnect", keeperIsGone);
  await run(config, link, log);
  process.removeListener("disconnect", keeperIsGone);
  process.disconnect();
}

async function run(config: AibridgedConfig, link: Socket, log: Logger): Promise<void> {
  try {
    await runProcess((context) => runWorker(config, link, context), {
      log,
      announce: () => void tellKeeper({ type: "serving" }),
      stopSource,
    });
  } catch (error) {
    log.error({ err: error }, "the worker failed");
    await flushed(log);
    const message = error instanceof Error ? error.message : String(error);
    await tellKeeper({ type: "failed", message });
    process.exitCode = 1;
  }
}

const groupSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

const stopSource: StopSource = (ask) => {
  const onMessage = ({ type }: KeeperMessage) => {
    if (type === "stop") ask("the keeper");
  };
  process.on("message", onMessage);
  return () => void process.removeListener("message", onMessage);
};

for (const signal of groupSignals) process.on(signal, () => undefined);
await main();
