import { fieldOf, startAibridge } from "./aibridge.ts";
import { type CoderdClients, coderdClients } from "./clients.ts";
import type { StartedProcess } from "./started-process.ts";

/** A coderd that serves. */
export interface ServingCoderd extends AsyncDisposable {
  /** The same after a restart. */
  readonly url: string;
  /** Clients that present the owner's key. */
  readonly owner: CoderdClients;
  /** The process that runs, or ran last. */
  readonly process: StartedProcess;
  /** Starts it again, after it ended, at the same address on the same store. */
  restart(): Promise<void>;
}

/**
 * Starts a coderd as a process of its own, on a free port and on a store that
 * `bootstrap` has seen. Rejects, showing its log, if it does not serve.
 *
 * @param env its variables, but for the address
 */
export async function serveCoderd(
  env: Readonly<Record<string, string>>,
  ownerKey: string,
): Promise<ServingCoderd> {
  const start = (listen: string) => startListening({ ...env, AIBRIDGE_CODERD_LISTEN: listen });
  let running = await start("127.0.0.1:0");
  const { url } = running;
  return {
    url,
    owner: coderdClients(url, ownerKey),
    get process() {
      return running.process;
    },
    async restart() {
      await running.process.exited;
      running = await start(new URL(url).host);
    },
    [Symbol.asyncDispose]: () => running.process[Symbol.asyncDispose](),
  };
}

async function startListening(env: Readonly<Record<string, string>>) {
  const process = startAibridge(["coderd", "--json"], env);
  try {
    return { process, url: fieldOf(await process.ready(), "url") };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}
