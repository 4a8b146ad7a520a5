import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { KeyRing, parseRingKeys } from "./key-ring.ts";

const oldKey = { id: "old", bytes: Buffer.alloc(32, 1) };
const newKey = { id: "new", bytes: Buffer.alloc(32, 2) };
const credential = new Secret("sk-credential");

test("a credential opens again, and is not in what is stored", () => {
  const ring = new KeyRing([oldKey]);
  const sealed = ring.seal(credential, "provider-1");
  expect(sealed.keyId).toBe("old");
  expect(Buffer.from(sealed.sealed).includes("sk-credential")).toBe(false);
  expect(ring.open(sealed, "provider-1").reveal()).toBe("sk-credential");
});

test("the same credential is never stored the same twice", () => {
  const ring = new KeyRing([oldKey]);
  expect(ring.seal(credential, "p").sealed).not.toEqual(ring.seal(credential, "p").sealed);
});

test("rotation: the first key encrypts, the others still decrypt", () => {
  const sealedBefore = new KeyRing([oldKey]).seal(credential, "p");
  const ring = new KeyRing([newKey, oldKey]);
  expect(ring.open(sealedBefore, "p").reveal()).toBe("sk-credential");
  expect(ring.seal(credential, "p").keyId).toBe("new");
});

test("a key that is gone is named", () => {
  const sealed = new KeyRing([oldKey]).seal(credential, "p");
  expect(() => new KeyRing([newKey]).open(sealed, "p")).toThrow(
    'the credential was encrypted with key "old", which AIBRIDGE_ENCRYPTION_KEYS does not hold',
  );
});

test("without any key nothing is stored in clear", () => {
  expect(() => new KeyRing([]).seal(credential, "p")).toThrow(
    "no encryption key is configured: set AIBRIDGE_ENCRYPTION_KEYS to keep credentials",
  );
});

test("what was sealed for one provider does not open for another", () => {
  const ring = new KeyRing([oldKey]);
  const sealed = ring.seal(credential, "provider-1");
  expect(() => ring.open(sealed, "provider-2")).toThrow("does not open");
});

test("a changed, cut or empty ciphertext does not open", () => {
  const ring = new KeyRing([oldKey]);
  const { keyId, sealed } = ring.seal(credential, "p");
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(() => ring.open({ keyId, sealed: changed }, "p")).toThrow("does not open");
    expect(() => ring.open({ keyId, sealed: sealed.subarray(0, index) }, "p")).toThrow(
      "does not open",
    );
  }
});

const a = Buffer.alloc(32, 1).toString("base64");
const b = Buffer.alloc(32, 2).toString("base64");

test("a ring is read from the configuration in its order", () => {
  const ids = parseRingKeys(`k2:${a}, k1:${b}`).map(({ id }) => id);
  expect(ids).toEqual(["k2", "k1"]);
});

test.each([
  ["", "entry 1"],
  [`k1:${a},`, "entry 2"],
  [`k1${a}`, "entry 1"],
  [`k1:${a.slice(4)}`, "entry 1"],
  [`k1:${a}${a}`, "entry 1"],
  [`k 1:${a}`, "entry 1"],
  [`k1:${a},k1:${b}`, "an id occurs twice"],
])("%j is refused", (text, message) => {
  expect(() => parseRingKeys(text)).toThrow(message);
});
