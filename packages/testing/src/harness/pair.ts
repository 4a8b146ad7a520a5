import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fieldOf, startAibridge } from "./aibridge.ts";
import { type FirstKeys, firstKeysFrom } from "./bootstrap.ts";
import { type CoderdClients, coderdClients } from "./clients.ts";
import type { StartedProcess } from "./started-process.ts";

/** An upstream for the pair to relay to: where it is, and the credential it takes. */
export interface PairProvider {
  readonly url: string;
  readonly apiKey: string;
}

/** How to start a pair; all of it may be left out. */
export interface PairOptions {
  /** Where the provider `anthropic` is. The URL has no path. */
  readonly anthropic?: PairProvider;
  /** Where the provider `openai` is. The URL has no path; `/v1` is added. */
  readonly openai?: PairProvider;
  /** Further variables, such as deadlines. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Both processes as `aibridge up` starts them, on free ports. */
export interface Pair extends AsyncDisposable, FirstKeys {
  readonly gatewayUrl: string;
  readonly coderdUrl: string;
  readonly adminUrl: string;
  /** Its data folder: temporary, and removed at the end. */
  readonly dataDir: string;
  /** `aibridge up`; its logs are those of both processes. */
  readonly process: StartedProcess;
  /** Clients that present the owner's key. */
  readonly owner: CoderdClients;
}

const freePorts = {
  AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
  AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
  AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
};

/** The variables by which `aibridge up` learns of providers. */
function providerVariables({ anthropic, openai }: PairOptions): Record<string, string> {
  return {
    ...(anthropic && {
      ANTHROPIC_API_KEY: anthropic.apiKey,
      ANTHROPIC_BASE_URL: anthropic.url,
    }),
    ...(openai && { OPENAI_API_KEY: openai.apiKey, OPENAI_BASE_URL: `${openai.url}/v1` }),
  };
}

/** Starts a pair. Resolves when it serves; rejects, showing its log, if it does not within 60 s. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const dataDir = await mkdtemp(join(tmpdir(), "aibridge-e2e-"));
  const started = startAibridge(["up", "--json", "--data", dataDir], {
    HOME: dataDir,
    ...freePorts,
    ...providerVariables(options),
    ...options.env,
  });
  const dispose = async () => {
    await started[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const ready = await started.ready();
    const coderdUrl = fieldOf(ready, "coderdUrl");
    const keys = firstKeysFrom(ready);
    return {
      ...keys,
      gatewayUrl: fieldOf(ready, "gatewayUrl"),
      coderdUrl,
      adminUrl: fieldOf(ready, "adminUrl"),
      dataDir,
      process: started,
      owner: coderdClients(coderdUrl, keys.ownerKey),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
