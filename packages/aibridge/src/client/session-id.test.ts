import { expect, test } from "@jest/globals";
import type { Client } from "./client.ts";
import { sessionIdOf } from "./session-id.ts";

const id = "0d9c2f6e-5f3a-4b1c-9a53-0c2f4a7b8d11";

const byHeader: readonly (readonly [Client, string])[] = [
  ["Claude Code", "X-Claude-Code-Session-Id"],
  ["Codex", "session-id"],
  ["Codex", "session_id"],
  ["Mux", "X-Mux-Workspace-Id"],
  ["GitHub Copilot (VS Code)", "x-interaction-id"],
  ["GitHub Copilot (CLI)", "X-Client-Session-Id"],
  ["Kilo Code", "X-KILOCODE-TASKID"],
  ["Coder Agents", "X-Coder-Chat-Id"],
  ["OpenCode", "X-OpenCode-Session"],
  ["OpenCode", "x-session-affinity"],
];

test.each(byHeader)("%s names its session in %s, and nobody else does", (client, name) => {
  expect(sessionIdOf(client, ["a", "b", name, ` ${id} `], undefined)).toBe(id);
  expect(sessionIdOf("Unknown", [name, id], undefined)).toBe("");
});

test("of two places the first that says something wins", () => {
  expect(sessionIdOf("Codex", ["session_id", "second", "session-id", "first"], undefined)).toBe(
    "first",
  );
  expect(
    sessionIdOf("OpenCode", ["x-opencode-session", "", "x-session-affinity", "b"], undefined),
  ).toBe("b");
  expect(sessionIdOf("Claude Code", ["x-claude-code-session-id", "a"], "u_session_b")).toBe("a");
});

const userIds: readonly (readonly [string, string])[] = [
  [`user_5f2a_account__session_${id}`, id],
  [`{"device_id":"d","session_id":"${id}"}`, id],
  ['{"device_id":"d"}', ""],
  ['{"session_id":7}', ""],
  ['{"session_id":"x"', ""],
  ["{not json_session_abc", "abc"],
  ["user_5f2a", ""],
  ["user_session_", ""],
  ["", ""],
  [`${"u".repeat(5_000)}_session_a`, ""],
];

test.each(userIds)("Claude Code's metadata.user_id %j names the session %j", (userId, expected) => {
  expect(sessionIdOf("Claude Code", [], userId)).toBe(expected);
  expect(sessionIdOf("Codex", [], userId)).toBe("");
});

const passedOver: readonly (readonly [string, string])[] = [
  ["longer than 256 characters", `${"x-".repeat(128)}x`],
  ["with a control character", "a\tb"],
  ["with a C1 control character", "a\u0085b"],
  ["with a user's key of ours", "s-abcdefghij-klmnopqrstuvwxyzABCDEF"],
  ["with a gateway key of ours", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"],
];

test.each(passedOver)("a session id %s is none", (_, value) => {
  expect(sessionIdOf("Mux", ["x-mux-workspace-id", value], undefined)).toBe("");
  expect(sessionIdOf("Claude Code", [], JSON.stringify({ session_id: value }))).toBe("");
  expect(sessionIdOf("Codex", ["session-id", value, "session_id", "next"], undefined)).toBe("next");
});

test("256 characters are accepted", () => {
  expect(sessionIdOf("Mux", ["x-mux-workspace-id", "x-".repeat(128)], undefined)).toHaveLength(256);
});
