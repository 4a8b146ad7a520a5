import { randomInt } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * A string of `length` alphanumeric characters from the system's secure random
 * source, each of the 62 equally likely (`randomInt` rejects what would favour
 * some): 5.95 bits a character.
 */
export function randomAlphanumeric(length: number): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
