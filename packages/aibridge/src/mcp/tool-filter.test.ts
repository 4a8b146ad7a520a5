import { expect, test } from "@jest/globals";
import { createToolFilter } from "./tool-filter.ts";

// proves: mcp.filter
test.each([
  { allow: "", deny: "", tool: "get_weather", offered: true },
  { allow: "^get_", deny: "", tool: "get_weather", offered: true },
  { allow: "^get_", deny: "", tool: "forget_it", offered: false },
  { allow: "get", deny: "", tool: "forget_it", offered: true },
  { allow: "", deny: "^delete_", tool: "delete_all", offered: false },
  { allow: "", deny: "^delete_", tool: "get_all", offered: true },
  { allow: "_all$", deny: "^delete_", tool: "delete_all", offered: false },
  { allow: "(?i)^GET_", deny: "", tool: "get_weather", offered: true },
])("allow '$allow' and deny '$deny' offer $tool: $offered", ({ allow, deny, tool, offered }) => {
  expect(createToolFilter(allow, deny)(tool)).toBe(offered);
});

// proves: mcp.filter.linear
test("a pattern that makes backtracking engines run for ages is done at once", () => {
  const filter = createToolFilter("^(a+)+$", "(.*)*x(.*)*y(.*)*z");
  const startedAt = performance.now();
  expect(filter(`${"a".repeat(5_000)}!`)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

// proves: mcp.filter.linear
test.each(["[", "(?=lookahead)", "(?<=lookbehind)", "(a)\\1", "(a{1000}){1000}"])(
  "what is not RE2 is refused: %s",
  (pattern) => {
    expect(() => createToolFilter(pattern, "")).toThrow();
    expect(() => createToolFilter("", pattern)).toThrow();
  },
);
