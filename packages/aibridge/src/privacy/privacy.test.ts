import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import { parsePrivacyByProvider } from "./parse-privacy.ts";
import { type PrivacyPolicy, recordEverything } from "./privacy-policy.ts";
import { privacyPolicyFrom } from "./privacy-settings.ts";
import { createRedactor } from "./redactor.ts";

const helloHash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

const policy: PrivacyPolicy = {
  prompt: {
    everywhere: "full",
    byProvider: new Map([
      ["anthropic", "hash"],
      ["openai", "off"],
    ]),
  },
  toolArguments: { everywhere: "hash", byProvider: new Map([["local", "full"]]) },
  thought: { everywhere: "off", byProvider: new Map() },
};

const kept = [
  ["prompt", "local", "hello", "full"],
  ["prompt", "anthropic", helloHash, "hash"],
  ["prompt", "openai", "", "off"],
  ["toolArguments", "anthropic", helloHash, "hash"],
  ["toolArguments", "local", "hello", "full"],
  ["thought", "anthropic", "", "off"],
  ["thought", "constructor", "", "off"],
] as const;

test.each(kept)("of a %s of provider %s this is kept: %j, %s", (kind, provider, text, privacy) => {
  expect(createRedactor(policy)(kind, "hello", provider)).toEqual({ text, privacy });
});

test("a hash is of the text's UTF-8", () => {
  expect(createRedactor(policy)("toolArguments", "h\u00e9", "x").text).toBe(
    "7dfbe0eab96510b11c9a2671d83019cd52953211294db5f917ffa0b7cc84f534",
  );
});

test("unless switched off, everything is kept", () => {
  const redact = createRedactor(recordEverything);
  for (const kind of ["prompt", "toolArguments", "thought"] as const) {
    expect(redact(kind, "hello", "openai")).toEqual({ text: "hello", privacy: "full" });
  }
});

test.each([
  ["", []],
  ["  ", []],
  ["anthropic=hash", [["anthropic", "hash"]]],
  [
    " anthropic = hash , my-openai=off,b2=full ",
    [
      ["anthropic", "hash"],
      ["my-openai", "off"],
      ["b2", "full"],
    ],
  ],
])("%j names these exceptions", (text, entries) => {
  expect([...(parsePrivacyByProvider(text) ?? [["not", "parsed"]])]).toEqual(entries);
});

test.each([
  "anthropic",
  "anthropic=",
  "anthropic=none",
  "anthropic=HASH",
  "=off",
  "Anthropic=off",
  "a=off,",
  "a=off=hash",
  "a=off,a=off",
  "a=off;b=off",
])("%j is refused as a whole", (text) => {
  expect(parsePrivacyByProvider(text)).toBeUndefined();
});

test("each setting rules its own kind of text", () => {
  const redact = createRedactor(
    privacyPolicyFrom({
      recordPrompts: "off",
      recordPromptsByProvider: new Map([["a", "full"]]),
      recordToolArguments: "full",
      recordToolArgumentsByProvider: new Map([["a", "hash"]]),
      recordThoughts: "hash",
      recordThoughtsByProvider: new Map([["a", "off"]]),
    }),
  );
  const privacies = (provider: string) =>
    (["prompt", "toolArguments", "thought"] as const).map(
      (kind) => redact(kind, "hello", provider).privacy,
    );
  expect(privacies("a")).toEqual(["full", "hash", "off"]);
  expect(privacies("b")).toEqual(["off", "full", "hash"]);
});

// proves: record.long-texts
test.each([
  ["x", 1_048_576, ""],
  ["x", 1_048_577, "\n[cut: the first 1048576 of 1048577 bytes]"],
  ["x", 20_000_000, "\n[cut: the first 1048576 of 20000000 bytes]"],
  // Three bytes each, and one more than fits in whole ones.
  ["\u20ac", 349_526, "\n[cut: the first 1048575 of 1048578 bytes]"],
  ["\u{1f600}", 262_145, "\n[cut: the first 1048576 of 1048580 bytes]"],
])("of %j, %i times, as much is kept as fits, and it says so: %j", (character, count, mark) => {
  const { text } = createRedactor(recordEverything)("prompt", character.repeat(count), "openai");
  const size = Buffer.byteLength(character);
  const kept = mark === "" ? count : Math.floor(1_048_576 / size);
  expect(text === character.repeat(kept) + mark).toBe(true);
});

test("a hash is of all of a long text", () => {
  const hash = createHash("sha256").update("x".repeat(20_000_000)).digest("hex");
  expect(createRedactor(policy)("prompt", "x".repeat(20_000_000), "anthropic").text).toBe(hash);
});
