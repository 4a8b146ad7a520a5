import { type HeaderList, type HttpAnswer, send } from "./http.ts";

/** A whole request body of each bridged route. */
export const bodies = {
  messages: { model: "claude", max_tokens: 16, messages: [{ role: "user", content: "hi" }] },
  "chat-completions": { model: "gpt", messages: [{ role: "user", content: "hi" }] },
  responses: { model: "gpt", input: "hi" },
} as const;

/** Where each bridged route is on the gateway. */
export const paths = {
  messages: "/anthropic/v1/messages",
  "chat-completions": "/openai/v1/chat/completions",
  responses: "/openai/v1/responses",
} as const;

/** The headers of every JSON request. */
export const jsonHeaders: HeaderList = [
  ["content-type", "application/json"],
  ["anthropic-version", "2023-06-01"],
];

/** `Authorization` with a key. */
export function bearer(key: string): HeaderList {
  return [["Authorization", `Bearer ${key}`]];
}

/** A key of the right form that nobody was given. */
export const unknownKey = `${"a".repeat(10)}-${"b".repeat(22)}`;

/** Asks a bridged route of a gateway, with these headers and what its API requires. */
export function ask(
  gatewayUrl: string,
  route: keyof typeof paths,
  headers: HeaderList,
  extra: object = {},
): Promise<HttpAnswer> {
  return send(`${gatewayUrl}${paths[route]}`, {
    method: "POST",
    headers: [...jsonHeaders, ...headers],
    body: JSON.stringify({ ...bodies[route], ...extra }),
  });
}
