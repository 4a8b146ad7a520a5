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
  return body.includes("\\u00") && unescaped(body.toString("latin1")).includes(secret);
}

/** Letters and digits need no escape in JSON, but may have one. */
function unescaped(text: string): string {
  return text.replace(/\\u00([3-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function decoded(target: string): string {
  return target.replace(/%([3-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
