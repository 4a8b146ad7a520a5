import type { Secret } from "@aibridge/secret";
import type { RequestBody } from "./body.ts";
import { Refusal } from "./refusal.ts";

/** What makes a credential of ours one: a key's part after the dash, or all of a gateway key. */
export function secretPart(credential: Secret): string {
  const value = credential.reveal();
  return value.slice(value.indexOf("-") + 1);
}

/**
 * Refuses a request that holds the caller's own key in its query or its body.
 * Those go to the provider as they are, so with the key in them they can't go
 * at all: promise 2 of product.md against promise 1, settled by refusing.
 *
 * @throws Refusal 400.
 */
export function refuseSecretIn(secret: string, target: string, body: RequestBody): void {
  if (holds(body.plain, secret) || target.includes(secret) || decoded(target).includes(secret)) {
    throw new Refusal("credential_in_request");
  }
}

function holds(body: Buffer, secret: string): boolean {
  if (body.includes(secret)) return true;
  return body.includes("\\u00") && escapable(secret).test(body.toString("latin1"));
}

/**
 * Letters and digits need no escape in JSON, but may have one. Looked for, and
 * not undone: a body that is nothing but escapes would take seconds to rewrite.
 */
function escapable(secret: string): RegExp {
  const forms = [...secret].map((character) => {
    const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
    const anyCase = hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
    return `(?:\\x${hex}|\\\\u00${anyCase})`;
  });
  return new RegExp(forms.join(""));
}

function decoded(target: string): string {
  return target.replace(/%([3-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
