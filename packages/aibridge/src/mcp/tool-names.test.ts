import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { nameTools, type ServerTool } from "./tool-names.ts";

function namesOf(tools: readonly ServerTool[]): string[] {
  return [...nameTools(tools).keys()];
}

// proves: mcp.names
test("a name that fits is kept as it is, and tools are in the order of servers and names", () => {
  expect(
    namesOf([
      { serverId: "jira", toolName: "search" },
      { serverId: "github", toolName: "list_issues" },
      { serverId: "github", toolName: "get-issue" },
    ]),
  ).toEqual(["bmcp_github_get-issue", "bmcp_github_list_issues", "bmcp_jira_search"]);
});

// proves: mcp.names
test("a name that is too long or has foreign characters is cut and cleaned, and ends in a hash", () => {
  const long = "a_tool_with_a_name_that_nobody_would_like_to_type_in_twice_a_day";
  expect(
    namesOf([
      { serverId: "github", toolName: long },
      { serverId: "github", toolName: "wetter.heute/früh" },
    ]),
  ).toEqual([
    "bmcp_github_a_tool_with_a_name_that_nobody_would_like_cd981774ee",
    "bmcp_github_wetter_heute_fr_h_831e9912c7",
  ]);
});

// proves: mcp.names
test("names that would be the same are told apart", () => {
  const clashing = [
    { serverId: "a", toolName: "b_c" },
    { serverId: "a_b", toolName: "c" },
  ];
  expect(namesOf(clashing)).toEqual(["bmcp_a_b_c", "bmcp_a_b_c_c4ffd81658"]);
});

/** Ids and names as strangers could choose them: close to each other, long, in any script. */
const part = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: fc.constantFrom("a", "b", "_", "-") }),
  fc.string({ minLength: 1, maxLength: 100, unit: "binary" }),
  fc.string({ minLength: 60, maxLength: 70, unit: fc.constantFrom("a", "b") }),
);
const someTools = fc.uniqueArray(fc.record({ serverId: part, toolName: part }), {
  maxLength: 15,
  selector: ({ serverId, toolName }) => JSON.stringify([serverId, toolName]),
});

// proves: mcp.names
test("whatever the tools, each has a name of its own that every provider accepts", () => {
  fc.assert(
    fc.property(someTools, (tools) => {
      const named = nameTools(tools);
      expect(named.size).toBe(tools.length);
      expect(new Set(named.values())).toEqual(new Set(tools));
      const unsound = [...named.keys()].filter((name) => !/^[A-Za-z0-9_-]{1,64}$/.test(name));
      expect(unsound).toEqual([]);
    }),
  );
});

// proves: mcp.names
test("names and order do not depend on the order in which tools come", () => {
  const shuffled = someTools.chain((tools) =>
    fc.tuple(
      fc.constant(tools),
      fc.shuffledSubarray(tools, { minLength: tools.length, maxLength: tools.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([tools, others]) => {
      expect([...nameTools(others)]).toEqual([...nameTools(tools)]);
    }),
  );
});
