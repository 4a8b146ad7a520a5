import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { oneOf } from "./config-schemas.ts";

/**
 * Where providers and MCP servers may be: `refuse` for public addresses only;
 * `allow` for private networks and this machine as well; `allow-link-local` for
 * any address.
 */
export type PrivateUpstreams = "refuse" | "allow" | "allow-link-local";

/** Reads `AIBRIDGE_PRIVATE_UPSTREAMS`. */
export const privateUpstreams = oneOf("refuse", "allow", "allow-link-local");

/** Private networks (RFC 1918, 4193, 6598), and this machine. */
const near: ReadonlySet<string> = new Set([
  "private",
  "uniqueLocal",
  "carrierGradeNat",
  "loopback",
]);

/** Within what are otherwise private networks: where AWS and Alibaba hand out credentials. */
const metadata: ReadonlySet<string> = new Set(
  ["fd00:ec2::254", "100.100.100.200"].map((text) => ipaddr.parse(text).toNormalizedString()),
);

/**
 * Whether an upstream may be at an IP address. What is link-local, as the
 * addresses where clouds hand out credentials are (169.254.169.254), or
 * otherwise no place for a server, is allowed by `allow-link-local` alone. An
 * IPv4 address that is mapped into IPv6 counts as what it is.
 */
export function mayBeUpstream(address: string, allowed: PrivateUpstreams): boolean {
  if (allowed === "allow-link-local") return true;
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (metadata.has(parsed.toNormalizedString())) return false;
  const range = parsed.range();
  return range === "unicast" || (allowed === "allow" && near.has(range));
}

/**
 * The host of a URL, if by itself it says that no upstream may be there: as an
 * address, or as a name that means this machine (RFC 6761, 6.3). Undefined for
 * other names: what they mean is known where they are resolved.
 */
export function hostNotAllowed(url: string, allowed: PrivateUpstreams): string | undefined {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (isIP(host) !== 0) return mayBeUpstream(host, allowed) ? undefined : host;
  const isHere = host === "localhost" || host.endsWith(".localhost");
  return isHere && !mayBeUpstream("127.0.0.1", allowed) ? host : undefined;
}
