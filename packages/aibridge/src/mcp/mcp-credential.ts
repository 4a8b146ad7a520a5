import type { Secret } from "@aibridge/secret";
import type { McpAccessTokens, McpConfigurator, McpServerConfig } from "./mcp-configurator.ts";

/** What lets a user in at one server. */
export interface McpCredential {
  /** The bearer token; undefined: the server wants none. Rejects if it can't be had. */
  token(): Promise<Secret | undefined>;
  /**
   * The server refused `refused`: makes the next `token` another one, if there
   * is one. Those who come at the same time share one question to coderd.
   * Undefined: there can be no other.
   */
  readonly renew: ((refused: string) => Promise<void>) | undefined;
  /** The tokens that it gave out of late, to keep them out of what is said. */
  known(): readonly Secret[];
}

/** A server may repeat a token that was renewed under a call; older ones are of no use. */
const knownMax = 4;

/** Servers that want no token of the user's, or the session key. */
export function fixedCredential(token: Secret | undefined): McpCredential {
  return { token: async () => token, renew: undefined, known: () => (token ? [token] : []) };
}

/** No access token can be had, and coderd said why. */
export class NoAccessTokenError extends Error {
  override readonly name = "NoAccessTokenError";
  constructor(why: string | undefined) {
    super(`no access token: ${why ?? "coderd knows none"}`);
  }
}

export interface AccessTokenOptions {
  readonly configurator: McpConfigurator;
  readonly userId: string;
  readonly servers: readonly McpServerConfig[];
}

/**
 * The access tokens of one user, asked for in one batch that starts now, under
 * `lifetime`, and again one by one where a server refuses its token or none
 * could be had.
 */
export function accessTokenCredentials(
  options: AccessTokenOptions,
  lifetime: AbortSignal,
): (serverId: string) => McpCredential {
  const { configurator, userId, servers } = options;
  const ids = servers.filter(({ auth }) => auth === "access-token").map(({ id }) => id);
  const ask = (some: readonly string[]) => configurator.accessTokensOf(userId, some, lifetime);
  const batch = ids.length === 0 ? undefined : ask(ids);
  // Each server waits for it by itself, and says so if it failed.
  batch?.catch(() => {});
  return (serverId) => {
    const tokenIn = async (asking: Promise<McpAccessTokens>): Promise<Secret> => {
      const { tokens, errors } = await asking;
      const token = tokens.get(serverId);
      if (token === undefined) throw new NoAccessTokenError(errors.get(serverId));
      return token;
    };
    return accessTokenCredential(tokenIn(batch ?? ask([serverId])), () => tokenIn(ask([serverId])));
  };
}

function accessTokenCredential(first: Promise<Secret>, ask: () => Promise<Secret>): McpCredential {
  const known: Secret[] = [];
  let current: Promise<Secret> | undefined = hold(first);

  /** A failure is forgotten, so that the next attempt asks again. */
  function hold(asking: Promise<Secret>): Promise<Secret> {
    asking.then(
      (token) => known.splice(0, Math.max(0, known.push(token) - knownMax)),
      () => {
        if (current === asking) current = undefined;
      },
    );
    return asking;
  }

  async function token(): Promise<Secret> {
    current ??= hold(ask());
    return current;
  }

  return {
    token,
    async renew(refused) {
      const held = current;
      if (held && (await held).reveal() === refused && current === held) current = undefined;
      await token();
    },
    known: () => known,
  };
}
