import { Secret } from "@aibridge/secret";
import type { KeyRing, SealedCredential } from "../credentials/key-ring.ts";
import type { McpLogin, McpLoginAttempt } from "../store/mcp-logins.ts";
import type { McpServer } from "../store/mcp-servers.ts";

// What a row's secrets are bound to: those of one server, or of one user's login
// at one, open for no other. Everything here throws a `KeyRingError` where the
// key ring does.

/** The secrets of an MCP server. */
export interface ServerSecrets {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, Secret>>;
  readonly clientSecret: Secret | undefined;
}

/** The secrets of a login that has begun. */
export interface AttemptSecrets {
  readonly codeVerifier: Secret;
  readonly clientSecret: Secret | undefined;
}

/** The secrets of a login. */
export interface LoginSecrets {
  readonly accessToken: Secret;
  readonly refreshToken: Secret | undefined;
  /** Of the client that the tokens were given to. */
  readonly clientSecret: Secret | undefined;
}

type Row = Pick<McpLogin, "userId" | "serverId">;

const serverContext = (id: string) => `mcp-server:${id}`;
const attemptContext = ({ userId, serverId }: Row) => `mcp-login-attempt:${userId}:${serverId}`;
const loginContext = ({ userId, serverId }: Row) => `mcp-login:${userId}:${serverId}`;

/** A name that no header has. */
const clientSecretName = "client secret";

/** The columns that hold a server's secrets; null if there are none. */
export function sealServerSecrets(
  keyRing: KeyRing,
  id: string,
  { headers, clientSecret }: ServerSecrets,
): Pick<McpServer, "secretsKeyId" | "secretsSealed"> {
  if (Object.keys(headers).length === 0 && clientSecret === undefined) {
    return { secretsKeyId: null, secretsSealed: null };
  }
  const secrets = { ...headers, [clientSecretName]: clientSecret };
  const { keyId, sealed } = seal(keyRing, secrets, serverContext(id));
  return { secretsKeyId: keyId, secretsSealed: sealed };
}

/** Opens what `sealServerSecrets` sealed. */
export function openServerSecrets(keyRing: KeyRing, server: McpServer): ServerSecrets {
  const { secretsKeyId: keyId, secretsSealed: sealed } = server;
  if (keyId === null || sealed === null) return { headers: {}, clientSecret: undefined };
  const { [clientSecretName]: clientSecret, ...headers } = open(
    keyRing,
    { keyId, sealed },
    serverContext(server.id),
  );
  return { headers, clientSecret };
}

/** The columns that hold the secrets of a login that has begun. */
export function sealAttemptSecrets(
  keyRing: KeyRing,
  row: Row,
  secrets: AttemptSecrets,
): Pick<McpLoginAttempt, "secretsKeyId" | "secretsSealed"> {
  const { keyId, sealed } = seal(keyRing, { ...secrets }, attemptContext(row));
  return { secretsKeyId: keyId, secretsSealed: sealed };
}

/** Opens what `sealAttemptSecrets` sealed. */
export function openAttemptSecrets(keyRing: KeyRing, attempt: McpLoginAttempt): AttemptSecrets {
  const { secretsKeyId: keyId, secretsSealed: sealed } = attempt;
  const { codeVerifier, clientSecret } = open(keyRing, { keyId, sealed }, attemptContext(attempt));
  return { codeVerifier: required(codeVerifier), clientSecret };
}

/** The columns that hold a login's secrets. */
export function sealLoginSecrets(
  keyRing: KeyRing,
  row: Row,
  secrets: LoginSecrets,
): Pick<McpLogin, "tokensKeyId" | "tokensSealed"> {
  const { keyId, sealed } = seal(keyRing, { ...secrets }, loginContext(row));
  return { tokensKeyId: keyId, tokensSealed: sealed };
}

/** Opens what `sealLoginSecrets` sealed. */
export function openLoginSecrets(keyRing: KeyRing, login: McpLogin): LoginSecrets {
  const { tokensKeyId: keyId, tokensSealed: sealed } = login;
  const { accessToken, refreshToken, clientSecret } = open(
    keyRing,
    { keyId, sealed },
    loginContext(login),
  );
  return { accessToken: required(accessToken), refreshToken, clientSecret };
}

function seal(
  keyRing: KeyRing,
  secrets: Readonly<Record<string, Secret | undefined>>,
  context: string,
): SealedCredential {
  const entries = Object.entries(secrets).map(([name, secret]) => [name, secret?.reveal()]);
  return keyRing.seal(new Secret(JSON.stringify(Object.fromEntries(entries))), context);
}

function open(keyRing: KeyRing, sealed: SealedCredential, context: string): Record<string, Secret> {
  const texts: Record<string, string> = JSON.parse(keyRing.open(sealed, context).reveal());
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, new Secret(text)]));
}

function required(secret: Secret | undefined): Secret {
  if (secret === undefined) throw new Error("what was sealed lacks a secret");
  return secret;
}
