import {
  aborted,
  type ConfigOf,
  type ConfigSource,
  createLogger,
  filePath,
  logLevels,
  oneOf,
  optional,
  type ProcessContext,
  parseConfig,
  runProcess,
  variable,
} from "@aibridge/runtime";
import type { Command } from "commander";
import { adminSession, jsonFlag } from "../admin/session.ts";
import { addSourceCommand, fieldsOf, flag } from "../command.ts";
import { dataFolder, makeDataFolder } from "../data-folder.ts";
import { startDemoUpstream } from "../demo-upstream/start.ts";
import { show } from "../output.ts";
import {
  adminListenFlag,
  coderdListenFlag,
  gatewayListenFlag,
  processFlags,
  retentionFlag,
} from "../processes/flags.ts";
import { spoolBytesFlag, upstreamFlags } from "../processes/gateway-flags.ts";
import { limitFlags } from "../processes/limit-flags.ts";
import { livenessFlags } from "../processes/liveness-flags.ts";
import { privacyFlags } from "../processes/privacy-flags.ts";
import { toolFlags } from "../processes/tool-flags.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Announcement, announcementJson, announcementText } from "./announcement.ts";
import { credentialsOf, newEncryptionKeys } from "./first-run.ts";
import { type PairOptions, startCoderd, startGateway } from "./pair.ts";
import { applyProviders, namedProviders, providerFields } from "./providers.ts";

const flags = {
  data: flag(
    "--data <folder>",
    "where to keep the store and its keys; made at the first run",
    variable("AIBRIDGE_DATA", filePath, "./.aibridge"),
  ),
  gatewayListen: gatewayListenFlag,
  coderdListen: coderdListenFlag,
  adminListen: adminListenFlag,
  retention: retentionFlag,
  spoolBytes: spoolBytesFlag,
  ...privacyFlags,
  ...upstreamFlags,
  ...livenessFlags,
  ...limitFlags,
  ...toolFlags,
  ...processFlags,
  logLevel: flag(
    "--log-level <level>",
    "what both services log on stderr; default: info with --json, else warn",
    optional("AIBRIDGE_LOG_LEVEL", oneOf(...logLevels)),
  ),
  json: jsonFlag,
};

const fields = { ...fieldsOf(flags), ...providerFields };

/** Adds `aibridge up`. */
export function addUpCommand(program: Command, { env, stdout, stderr }: Surroundings): void {
  addSourceCommand(program, env, {
    usage: "up",
    help: "run the pair on this machine, with an embedded store",
    flags,
    more: `Providers come from ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL, OPENAI_API_KEY and
OPENAI_BASE_URL, under the names anthropic and openai. A base URL alone is used
with the placeholder key "no-key", which servers without authentication accept.
Where there is no provider at all, a local demo stands in for both.

The first run shows three keys, once. Ctrl-C lets running requests end, and
again cuts them.`,
    async run(source) {
      const settings = parseConfig(source, fields);
      const { json } = settings;
      const level = settings.logLevel ?? (json ? "info" : "warn");
      const log = createLogger({ name: "aibridge", level });
      await runProcess(
        (context) => {
          if (!json) sayWhenDraining(context, (text) => stderr.write(text));
          return up({ ...settings, logLevel: level }, source, {
            ...context,
            announce: (ready) =>
              show(stdout, json, { json: announcementJson(ready), text: announcementText(ready) }),
          });
        },
        { log, announce: () => undefined },
      );
    },
  });
}

interface UpContext extends Omit<ProcessContext, "announce"> {
  announce(announcement: Announcement): void;
}

type UpSettings = ConfigOf<typeof fields> & Pick<PairOptions, "logLevel">;

/** Runs the pair until it was told to drain and has drained. */
async function up(settings: UpSettings, source: ConfigSource, context: UpContext): Promise<void> {
  const { log, drain, cut } = context;
  const folder = dataFolder(settings.data);
  // For the services as well. PGlite gives its files modes of its own, inside
  // folders that are closed by this.
  process.umask(0o077);
  await makeDataFolder(folder.path);
  const { unshownKey, ...credentials } = await credentialsOf(folder, log);
  const encryptionKeys = await folder.readOrMakeKeys(newEncryptionKeys);
  const options = { ...settings, source, log, encryptionKeys, dataFolder: folder.path };

  // Closed in reverse: the gateway drains while all that it needs still runs.
  await using opened = new AsyncDisposableStack();
  try {
    const coderd = await startCoderd(options, drain);
    opened.defer(() => coderd.stop(cut));
    const session = adminSession({ url: coderd.url, token: credentials.ownerKey });
    const providers = await applyProviders(session, namedProviders(settings), async () =>
      opened.use(await startDemoUpstream()),
    );
    const gateway = await startGateway(options, coderd.url, credentials.gatewayKey, drain);
    opened.defer(() => gateway.stop(cut));

    const found = { ...credentials, coderdUrl: coderd.url, gatewayUrl: gateway.url };
    await folder.writeCredentials({ ...found, unshownKey });
    context.announce({
      ...found,
      adminUrl: gateway.adminUrl,
      apiKey: unshownKey,
      dataFolder: folder.path,
      providers,
    });
    await folder.writeCredentials(found);
  } catch (error) {
    // Told to stop before it served: that is no failure.
    if (drain.aborted) return;
    throw error;
  }
  await aborted(drain);
}

function sayWhenDraining({ drain }: ProcessContext, say: (text: string) => void): void {
  const text = "\nStopping: running requests may end. Ctrl-C again cuts them.\n";
  drain.addEventListener("abort", () => say(text), { once: true });
}
