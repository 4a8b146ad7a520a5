import ipaddr from "ipaddr.js";
import type { Reach } from "../store/mcp-schema.ts";

const order: readonly Reach[] = ["public", "private", "loopback"];

const reaches: Readonly<Record<string, Reach>> = {
  unicast: "public",
  private: "private",
  uniqueLocal: "private",
  carrierGradeNat: "private",
  loopback: "loopback",
};

/**
 * How near an IP address is: anywhere on the internet, in a private network
 * (RFC 1918, 4193, 6598), or on this machine. Undefined for the rest: link-local
 * (where clouds hand out credentials), unspecified, multicast, tunnels, reserved.
 * An IPv4 address mapped into IPv6 counts as what it is.
 */
export function reachOf(address: string): Reach | undefined {
  return ipaddr.isValid(address) ? reaches[ipaddr.process(address).range()] : undefined;
}

/** Whether an address is no nearer than `limit`. */
export function isWithin(address: string, limit: Reach): boolean {
  const reach = reachOf(address);
  return reach !== undefined && order.indexOf(reach) <= order.indexOf(limit);
}

/** The farthest of some addresses; public if none has a place. */
export function farthest(addresses: readonly string[]): Reach {
  const found = addresses.map(reachOf);
  return order.find((reach) => found.includes(reach)) ?? "public";
}
