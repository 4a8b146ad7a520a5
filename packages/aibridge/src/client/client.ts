import { headerValue, type RawHeaders } from "../headers.ts";

/** Which program asks, by the names that the record bears (wire.md, section 6). */
export type Client =
  | "Mux"
  | "Claude Code"
  | "Codex"
  | "Zed"
  | "GitHub Copilot (VS Code)"
  | "GitHub Copilot (CLI)"
  | "Kilo Code"
  | "Roo Code"
  | "Coder Agents"
  | "Charm Crush"
  | "Cursor"
  | "OpenCode"
  | "Junie"
  | "Unknown";

/**
 * The program that sent these headers, by what it says of itself: good for
 * statistics, never for a decision. The first row that fits wins.
 */
export function clientOf(headers: RawHeaders): Client {
  const userAgent = headerValue(headers, "user-agent")?.toLowerCase() ?? "";
  const fits = ({ userAgents = [], header }: Row) =>
    userAgents.some((prefix) => userAgent.startsWith(prefix)) ||
    (header !== undefined && hasHeader(headers, header));
  return rows.find(fits)?.client ?? "Unknown";
}

interface Row {
  readonly client: Client;
  /** Prefixes, in lower case. */
  readonly userAgents?: readonly string[];
  /** Its name, and its value in lower case unless any value will do. */
  readonly header?: readonly [name: string, value?: string];
}

/** In the order in which wire.md, section 6, has them. */
const rows: readonly Row[] = [
  { client: "Mux", userAgents: ["mux/", "xum/"] },
  { client: "Claude Code", userAgents: ["claude"] },
  { client: "Codex", userAgents: ["codex"] },
  { client: "Zed", userAgents: ["zed/"] },
  { client: "GitHub Copilot (VS Code)", userAgents: ["githubcopilotchat/"] },
  { client: "GitHub Copilot (CLI)", userAgents: ["copilot/"] },
  { client: "Kilo Code", userAgents: ["kilo-code/"], header: ["originator", "kilo-code"] },
  { client: "Roo Code", userAgents: ["roo-code/"], header: ["originator", "roo-code"] },
  { client: "Coder Agents", userAgents: ["coder-agents/"] },
  { client: "Charm Crush", userAgents: ["charm crush/", "charm-crush/"] },
  { client: "Cursor", header: ["x-cursor-client-version"] },
  { client: "OpenCode", userAgents: ["opencode/"] },
  { client: "Junie", userAgents: ["junie:"] },
];

function hasHeader(headers: RawHeaders, [name, wanted]: readonly [string, string?]): boolean {
  const value = headerValue(headers, name);
  return value !== undefined && (wanted === undefined || value.toLowerCase() === wanted);
}
