import { expect, test } from "@jest/globals";
import { type Client, clientOf } from "./client.ts";

const byUserAgent: readonly (readonly [string, Client])[] = [
  ["mux/0.4.1", "Mux"],
  ["xum/1", "Mux"],
  ["claude-cli/2.0.14 (external, cli)", "Claude Code"],
  ["Claude-Code/1", "Claude Code"],
  ["codex_cli_rs/0.52.0 (Debian 12; x86_64)", "Codex"],
  ["codex-tui", "Codex"],
  ["Zed/0.180.2 (linux; x86_64)", "Zed"],
  ["GitHubCopilotChat/0.33.1", "GitHub Copilot (VS Code)"],
  ["copilot/0.0.353 (linux v24.0.0)", "GitHub Copilot (CLI)"],
  ["Kilo-Code/4.1", "Kilo Code"],
  ["roo-code/3.2", "Roo Code"],
  ["coder-agents/v2.30.0", "Coder Agents"],
  ["Charm Crush/0.13.0", "Charm Crush"],
  ["charm-crush/0.14.0", "Charm Crush"],
  ["opencode/1.0.20", "OpenCode"],
  ["Junie:1.2", "Junie"],
  ["curl/8.5.0", "Unknown"],
  ["my-claude/1", "Unknown"],
  ["mux", "Unknown"],
  ["zed", "Unknown"],
  ["copilot-next/1", "Unknown"],
  ["cursor/1.2", "Unknown"],
  ["", "Unknown"],
];

test.each(byUserAgent)("the user agent %j says %s", (userAgent, client) => {
  expect(clientOf(["User-Agent", userAgent])).toBe(client);
});

const byHeader: readonly (readonly [string[], Client])[] = [
  [[], "Unknown"],
  [["originator", "kilo-code"], "Kilo Code"],
  [["Originator", "Kilo-Code"], "Kilo Code"],
  [["originator", "roo-code"], "Roo Code"],
  [["originator", "something-else"], "Unknown"],
  [["X-Cursor-Client-Version", "1.7.3"], "Cursor"],
  [["user-agent", "openai/js 6", "x-cursor-client-version", ""], "Cursor"],
];

test.each(byHeader)("the headers %j say %s", (headers, client) => {
  expect(clientOf(headers)).toBe(client);
});

const conflicts: readonly (readonly [string[], Client])[] = [
  [["user-agent", "codex/1", "originator", "kilo-code"], "Codex"],
  [["user-agent", "roo-code/1", "originator", "kilo-code"], "Kilo Code"],
  [["user-agent", "coder-agents/1", "originator", "roo-code"], "Roo Code"],
  [["user-agent", "charm-crush/1", "x-cursor-client-version", "1"], "Charm Crush"],
  [["user-agent", "opencode/1", "x-cursor-client-version", "1"], "Cursor"],
  [["user-agent", "junie:1", "x-cursor-client-version", "1"], "Cursor"],
  [["originator", "kilo-code", "x-cursor-client-version", "1"], "Kilo Code"],
];

test.each(conflicts)("of several rows that fit %j the first one wins: %s", (headers, client) => {
  expect(clientOf(headers)).toBe(client);
});
