import type { Format } from "../intercept/format.ts";
import { type ProviderApi, providerApis } from "./apis.ts";
import type { Provider } from "./provider.ts";

/** Where a request goes. */
export interface Route {
  readonly provider: Provider;
  /** The wire format if the route is bridged; undefined if it is passed through. */
  readonly format: Format | undefined;
  /** Path and query to ask the provider for. */
  readonly upstreamTarget: string;
}

/** The providers of one configuration, by name. */
export type ProviderSet = ReadonlyMap<string, Provider>;

/** Prefixes under which existing client configurations know the same routes. */
const gatewayPrefixes = ["/api/v2/aibridge", "/api/v2/ai-gateway"];

/** Names the provider that a path is about, without asking whether it serves it. */
export function providerOf(providers: ProviderSet, target: string): Provider | undefined {
  return providers.get(splitTarget(target).providerName);
}

/** The route for a request, or undefined if there is none. */
export function routeFor(
  providers: ProviderSet,
  method: string,
  target: string,
): Route | undefined {
  const { providerName, rest, query } = splitTarget(target);
  const provider = providers.get(providerName);
  if (!provider || hasUnsafeSegment(rest)) return undefined;

  const api = providerApis[provider.type];
  if (!rest.startsWith(`${api.pathPrefix}/`)) return undefined;
  const path = rest.slice(api.pathPrefix.length);
  const upstreamTarget = `${provider.basePath}${path}${query}`;

  const format = Object.hasOwn(api.bridged, path) ? api.bridged[path] : undefined;
  if (format) return method === "POST" ? { provider, format, upstreamTarget } : undefined;
  return isPassedThrough(api, path) ? { provider, format: undefined, upstreamTarget } : undefined;
}

interface SplitTarget {
  readonly providerName: string;
  /** From the slash after the provider's name; empty if there is none. */
  readonly rest: string;
  /** With its question mark; empty if there is none. */
  readonly query: string;
}

function splitTarget(target: string): SplitTarget {
  const queryAt = target.indexOf("?");
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  const query = queryAt === -1 ? "" : target.slice(queryAt);
  const prefix = gatewayPrefixes.find((candidate) => path.startsWith(`${candidate}/`)) ?? "";
  const nameEnd = path.indexOf("/", prefix.length + 1);
  const end = nameEnd === -1 ? path.length : nameEnd;
  return { providerName: path.slice(prefix.length + 1, end), rest: path.slice(end), query };
}

function isPassedThrough(api: ProviderApi, path: string): boolean {
  return api.passthrough.some((allowed) =>
    allowed.endsWith("/*")
      ? path.length >= allowed.length && path.startsWith(allowed.slice(0, -1))
      : path === allowed,
  );
}

/**
 * Whether a server might read the path as one outside of what we matched, by
 * dot segments or empty ones, plain or in disguise. What is encoded twice or
 * carries path parameters is too clever to let through as well.
 */
function hasUnsafeSegment(path: string): boolean {
  if (!/[.%\\;]|\/\//.test(path)) return false;
  const disguised = /%00|%25|%3b|;/i.test(path);
  const plain = path.replace(/%2f|%5c|\\/gi, "/").replace(/%2e/gi, ".");
  return disguised || plain.includes("//") || /\/\.{1,2}(?:\/|$)/.test(plain);
}
