import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import {
  filePath,
  httpUrl,
  loadCertificateAuthority,
  optional,
  secretString,
  variable,
} from "@aibridge/runtime";
import type { Secret } from "@aibridge/secret";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
} from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { flag, type SettingsOf, switchFlag } from "../command.ts";
import { dataFolder } from "../data-folder.ts";
import { Failure } from "../failure.ts";

/** coderd's administrative services, called as somebody. */
export interface AdminSession {
  readonly users: Client<typeof UserService>;
  readonly keys: Client<typeof ApiKeyService>;
  readonly gatewayKeys: Client<typeof GatewayKeyService>;
  readonly providers: Client<typeof ProviderService>;
  readonly mcpServers: Client<typeof MCPServerService>;
  readonly interceptions: Client<typeof InterceptionService>;
  readonly sessions: Client<typeof SessionService>;
}

/** Where coderd is, and the API key to present. */
export interface CoderdAccess {
  readonly url: string;
  readonly token: Secret;
  /** PEM; instead of the system's certificate authorities. */
  readonly ca?: Buffer | undefined;
}

/** How long one call may take. */
const callTimeoutMs = 10_000;

/** The flag of every command that prints what programs might read. */
export const jsonFlag = switchFlag(
  "--json",
  "print JSON on stdout, and errors as JSON on stderr",
  "AIBRIDGE_JSON",
);

const dataFlag = flag(
  "--data <folder>",
  "the folder of `aibridge up`",
  variable("AIBRIDGE_DATA", filePath, "./.aibridge"),
);

/** The flags of every command that administers. */
export const adminFlags = {
  url: flag(
    "--url <url>",
    "where coderd is; else what the data folder says",
    optional("AIBRIDGE_URL", httpUrl),
  ),
  token: flag(
    "--token <key>",
    "the API key to present; else the owner's of the data folder",
    optional("AIBRIDGE_TOKEN", secretString),
  ),
  ca: flag(
    "--coderd-ca <file>",
    "certificates (PEM) to trust coderd's TLS by; else the system's",
    optional("AIBRIDGE_CODERD_CA", filePath),
  ),
  data: dataFlag,
  json: jsonFlag,
};

/** Finds coderd by what was set, and where nothing was, by the folder of `up`. */
export async function openSession(settings: SettingsOf<typeof adminFlags>): Promise<AdminSession> {
  const ca = settings.ca === undefined ? undefined : await loadCertificateAuthority(settings.ca);
  return adminSession({ ...(await findCoderd(settings)), ca });
}

async function findCoderd({
  url,
  token,
  data,
}: SettingsOf<typeof adminFlags>): Promise<CoderdAccess> {
  if (url !== undefined && token !== undefined) return { url, token };
  const kept = await dataFolder(data).readCredentials();
  // The owner's key of the folder is for the coderd of the folder only.
  const ownerKey = url === undefined || url === kept?.coderdUrl ? kept?.ownerKey : undefined;
  const found = { url: url ?? kept?.coderdUrl, token: token ?? ownerKey };
  if (found.url === undefined) {
    throw new Failure(
      "no_coderd",
      `where is coderd? Start one with \`aibridge up\`, name its folder with --data (${data} holds no credentials), or set AIBRIDGE_URL and AIBRIDGE_TOKEN`,
      { exitCode: 2 },
    );
  }
  if (found.token === undefined) {
    throw new Failure(
      "no_token",
      `which key may administer ${found.url}? Set AIBRIDGE_TOKEN to an API key`,
      {
        exitCode: 2,
      },
    );
  }
  return { url: found.url, token: found.token };
}

/**
 * Clients that present the token. Calls reject with a `Failure` whose sentence
 * says what to do if coderd can't be reached or does not accept the token, and
 * otherwise with coderd's own `ConnectError`.
 */
export function adminSession({ url, token, ca }: CoderdAccess): AdminSession {
  const transport = createConnectTransport({
    baseUrl: url,
    httpVersion: "1.1",
    defaultTimeoutMs: callTimeoutMs,
    interceptors: [explainFailures(url), present(token)],
    ...(ca !== undefined && { nodeOptions: { ca } }),
  });
  return {
    users: createClient(UserService, transport),
    keys: createClient(ApiKeyService, transport),
    gatewayKeys: createClient(GatewayKeyService, transport),
    providers: createClient(ProviderService, transport),
    mcpServers: createClient(MCPServerService, transport),
    interceptions: createClient(InterceptionService, transport),
    sessions: createClient(SessionService, transport),
  };
}

function present(token: Secret): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token.reveal()}`);
    return next(request);
  };
}

function explainFailures(url: string): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (cause) {
      throw explained(ConnectError.from(cause), url);
    }
  };
}

function explained(error: ConnectError, url: string): Error {
  const options = { cause: error };
  switch (error.code) {
    case Code.Unavailable:
      // Without a cause it was reached, and says itself what can't be.
      if (error.cause === undefined) {
        return new Failure("unavailable", `coderd at ${url}: ${error.rawMessage}`, options);
      }
      return new Failure(
        "unavailable",
        `coderd at ${url} can't be reached (${reasonOf(error)}). Is it running? Start it with \`aibridge up\`, or correct AIBRIDGE_URL`,
        options,
      );
    case Code.DeadlineExceeded:
      return new Failure(
        "deadline_exceeded",
        `coderd at ${url} did not answer within 10 s`,
        options,
      );
    case Code.Unauthenticated:
      return new Failure(
        "unauthenticated",
        `coderd at ${url} does not accept the token (${error.rawMessage}). Set AIBRIDGE_TOKEN to a live API key`,
        options,
      );
    case Code.Unimplemented:
    case Code.Unknown:
      return new Failure(
        "not_coderd",
        `what answers at ${url} is not coderd: ${error.rawMessage}`,
        options,
      );
    default:
      return error;
  }
}

function reasonOf({ cause, rawMessage }: ConnectError): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : rawMessage;
}
