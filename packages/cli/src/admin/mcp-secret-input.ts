import type { Readable } from "node:stream";
import { optional, textSchema } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { flag, type SettingsOf, switchFlag } from "../command.ts";
import { usageFailure } from "../failure.ts";
import type { Surroundings } from "../surroundings.ts";

/** More than coderd takes; a wrong file on stdin is longer. */
const headersBytesMax = 256 * 1024;

/**
 * How the secrets of an MCP server are given. Not as arguments: those are in the
 * shell's history, and every user of a machine can list them.
 */
export const mcpSecretFlags = {
  headersStdin: switchFlag(
    "--headers-stdin",
    "read headers for every request to it from stdin, a line each: `Name: value`",
    "AIBRIDGE_MCP_HEADERS_STDIN",
  ),
  clientSecretEnv: flag(
    "--oauth-client-secret-env <name>",
    "read the OAuth client's secret from this environment variable",
    optional(
      "AIBRIDGE_MCP_OAUTH_CLIENT_SECRET_ENV",
      textSchema("a variable's name", (name) => name),
    ),
  ),
};

/** What was given. */
export interface McpSecrets {
  /** In clear, as the API takes them. */
  readonly headers: Record<string, string>;
  readonly clientSecret: Secret | undefined;
}

/** Reads what the flags say. */
export async function readMcpSecrets(
  { headersStdin, clientSecretEnv }: SettingsOf<typeof mcpSecretFlags>,
  { env, stdin }: Surroundings,
): Promise<McpSecrets> {
  return {
    headers: headersStdin ? parseHeaders(await readAll(stdin)) : {},
    clientSecret: clientSecretEnv === undefined ? undefined : secretIn(clientSecretEnv, env),
  };
}

function secretIn(name: string, env: Surroundings["env"]): Secret {
  const secret = (env[name] ?? "").trim();
  if (secret === "") throw usageFailure(`${name} holds no secret`);
  return new Secret(secret);
}

async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > headersBytesMax) throw usageFailure("what stdin holds is too long for headers");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Names a faulty line by its number, never by its content. */
function parseHeaders(lines: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [index, line] of lines.split("\n").entries()) {
    if (line.trim() === "") continue;
    const [, name = "", value = ""] = /^([^:\s]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (value === "") throw usageFailure(`line ${index + 1} of stdin is not \`Name: value\``);
    headers[name] = value;
  }
  return headers;
}
