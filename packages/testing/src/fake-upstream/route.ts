/** What the fake knows how to answer; `other` is everything else. */
export type Route =
  | "messages"
  | "count-tokens"
  | "chat-completions"
  | "responses"
  | "models"
  | "other";

const routes: readonly [method: string, path: RegExp, route: Route][] = [
  ["POST", /^\/v1\/messages$/, "messages"],
  ["POST", /^\/v1\/messages\/count_tokens$/, "count-tokens"],
  ["POST", /^\/v1\/chat\/completions$/, "chat-completions"],
  ["POST", /^\/v1\/responses$/, "responses"],
  ["GET", /^\/v1\/models(\/.+)?$/, "models"],
];

/** The route of a request line. The query string does not matter. */
export function routeOf(method: string, target: string): Route {
  const path = target.split("?", 1)[0] ?? "";
  return routes.find(([wanted, form]) => wanted === method && form.test(path))?.[2] ?? "other";
}
