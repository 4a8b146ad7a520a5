import { expect, test } from "@jest/globals";
import { outcomeFrom } from "./tool-outcome.ts";

const plenty = 1_000_000;

// proves: mcp.outcome.kinds
test("every kind of content is kept, and the server's own isError", () => {
  const outcome = outcomeFrom(
    {
      isError: true,
      content: [
        { type: "text", text: "a", annotations: { audience: ["user"] } },
        { type: "image", data: "aW1n", mimeType: "image/png" },
        { type: "audio", data: "c25k", mimeType: "audio/wav" },
        { type: "resource", resource: { uri: "file:///a", mimeType: "text/plain", text: "t" } },
        { type: "resource", resource: { uri: "file:///b", blob: "Ymlu" } },
        { type: "resource_link", uri: "file:///c", name: "c" },
      ],
    },
    plenty,
  );
  expect(outcome).toEqual({
    isError: true,
    invocationError: undefined,
    content: [
      { type: "text", text: "a" },
      { type: "image", data: "aW1n", mimeType: "image/png" },
      { type: "audio", data: "c25k", mimeType: "audio/wav" },
      { type: "resource", uri: "file:///a", mimeType: "text/plain", text: "t", blob: undefined },
      { type: "resource", uri: "file:///b", mimeType: undefined, text: undefined, blob: "Ymlu" },
      { type: "resource_link", uri: "file:///c", name: "c" },
    ],
  });
});

// proves: mcp.outcome.kinds
test("structured content with nothing beside it becomes text, and is no news beside content", () => {
  const structuredContent = { degrees: 21 };
  expect(outcomeFrom({ content: [], structuredContent }, plenty).content).toEqual([
    { type: "text", text: '{"degrees":21}' },
  ]);
  const text = { type: "text", text: "21 degrees" } as const;
  expect(outcomeFrom({ content: [text], structuredContent }, plenty).content).toEqual([text]);
});

// proves: mcp.outcome.bounded
test("text past the bound is cut between characters and says so", () => {
  const content = [{ type: "text", text: `${"x".repeat(9)}é and more` } as const];
  expect(outcomeFrom({ content }, 10).content).toEqual([
    { type: "text", text: `${"x".repeat(9)}\n[cut here: 10 of 20 bytes are shown]` },
  ]);
});

// proves: mcp.outcome.bounded
test("binary content past the bound gives way to a sentence, and what still fits comes after it", () => {
  const content = [
    { type: "image", data: "A".repeat(5_000), mimeType: "image/png" } as const,
    { type: "resource", resource: { uri: "u", mimeType: "m", blob: "B".repeat(5_000) } } as const,
    { type: "resource", resource: { uri: "u", mimeType: "m", text: "T".repeat(500) } } as const,
    { type: "text", text: "never shown" } as const,
  ];
  expect(outcomeFrom({ content }, 100).content).toEqual([
    { type: "text", text: "[image/png of 5009 bytes left out: this result is too large]" },
    { type: "text", text: "[m of 5002 bytes left out: this result is too large]" },
    {
      type: "resource",
      uri: "u",
      mimeType: "m",
      text: `${"T".repeat(98)}\n[cut here: 98 of 500 bytes are shown]`,
      blob: undefined,
    },
    { type: "text", text: "\n[cut here: 0 of 11 bytes are shown]" },
  ]);
});

// proves: mcp.outcome.bounded
test("more blocks than anybody needs are left out", () => {
  const content = Array.from({ length: 1_500 }, () => ({ type: "text", text: "" }) as const);
  const outcome = outcomeFrom({ content }, plenty);
  expect(outcome.content).toHaveLength(1_001);
  expect(outcome.content.at(-1)).toEqual({
    type: "text",
    text: "[500 more blocks of this result were left out]",
  });
});
