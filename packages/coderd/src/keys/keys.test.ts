import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { randomAlphanumeric } from "./alphanumeric.ts";
import { generateApiKey, isApiKeyId, parseApiKey } from "./api-key.ts";
import { gatewayKeyHashFrom, generateGatewayKey } from "./gateway-key.ts";
import { hashSecret, secretMatches } from "./secret-hash.ts";

test("an API key is <id>-<secret>, 10 and 22 alphanumeric characters", () => {
  const { id, key, secretHash } = generateApiKey();
  expect(key.reveal()).toMatch(/^[0-9A-Za-z]{10}-[0-9A-Za-z]{22}$/);
  const parsed = parseApiKey(key.reveal());
  expect(parsed?.id).toBe(id);
  expect(parsed && secretMatches(parsed.secret, secretHash)).toBe(true);
});

test("a gateway key is 43 alphanumeric characters and shows its first 11", () => {
  const { key, prefix, hash } = generateGatewayKey();
  expect(key.reveal()).toMatch(/^[0-9A-Za-z]{43}$/);
  expect(prefix).toBe(key.reveal().slice(0, 11));
  expect(gatewayKeyHashFrom(key.reveal())).toEqual(hash);
});

test("the hash of a secret is its SHA-256", () => {
  // NIST's example for SHA-256 of "abc".
  expect(hashSecret(new Secret("abc")).toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("a wrong secret and a hash of another length do not match", () => {
  const hash = hashSecret(new Secret("right"));
  expect(secretMatches(new Secret("right"), hash)).toBe(true);
  expect(secretMatches(new Secret("wrong"), hash)).toBe(false);
  expect(secretMatches(new Secret("right"), hash.subarray(0, 31))).toBe(false);
});

const id = "AAAAAAAAAA";
const secret = "BBBBBBBBBBBBBBBBBBBBBB";

test.each([
  [""],
  ["-"],
  [id],
  [`${id}-`],
  [`-${secret}`],
  [`${id}${secret}`],
  [`${id}-${secret}x`],
  [`x${id}-${secret}`],
  [`${id}-${secret.slice(1)}`],
  [`${id.slice(1)}-${secret}`],
  [`${id}_${secret}`],
  [`${id}-${secret.slice(1)}-`],
  [`${id}-${secret.slice(1)}é`],
  [` ${id}-${secret}`],
  [`${id}-${secret}\n`],
])("%j is no API key", (text) => {
  expect(parseApiKey(text)).toBeUndefined();
});

test.each([
  ["AAAAAAAAAA", true],
  ["AAAAAAAAA", false],
  ["AAAAAAAAAAA", false],
  ["AAAAAAAAA-", false],
  ["AAAAAAAAAA\n", false],
])("that %j is the id of a key: %j", (text, expected) => {
  expect(isApiKeyId(text)).toBe(expected);
});

test("every alphanumeric character is drawn, each about as often", () => {
  const counts = new Map<string, number>();
  for (const character of randomAlphanumeric(62_000)) {
    counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  expect(counts.size).toBe(62);
  // 1000 expected; 200 is more than six standard deviations.
  expect(Math.min(...counts.values())).toBeGreaterThan(800);
  expect(Math.max(...counts.values())).toBeLessThan(1200);
});
