import type { Secret } from "@aibridge/secret";

const explanationMax = 512;
/** A header's value of less is no secret, and hiding it would hide everything. */
const secretLengthMin = 4;

/**
 * Why something failed at a server, in words that may be logged, recorded and
 * told to a model. What servers say of HTTP errors is left out, for it can be
 * anything; where an error of the protocol repeats one of the `secrets`, that
 * is hidden. Errors are known by what they carry, not by their class.
 */
export function explain(error: unknown, secrets: Iterable<Secret>): string {
  let text = reasonOf(error);
  for (const secret of secrets) {
    const value = secret.reveal();
    if (value.length >= secretLengthMin) text = text.replaceAll(value, "[secret]");
  }
  return text.slice(0, explanationMax);
}

/** The status of the HTTP answer that an error stands for. */
export function httpStatusOf(error: unknown): number | undefined {
  const status = field(error, "status");
  return typeof status === "number" ? status : undefined;
}

function reasonOf(error: unknown): string {
  const status = httpStatusOf(error);
  if (status !== undefined) return `HTTP status ${status}`;
  // What `fetch` rejects with says "fetch failed", and what happened is its cause.
  const cause = field(error, "cause");
  const code = field(cause, "code");
  if (typeof code === "string") return `${field(cause, "name")} ${code}`;
  if (cause !== undefined) return reasonOf(cause);
  return String(field(error, "message") ?? "unknown error");
}

function field(error: unknown, name: "status" | "cause" | "code" | "name" | "message"): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}
