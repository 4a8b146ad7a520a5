import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";

/** Says whether an upstream may be at an IP address. */
export type AddressGuard = (address: string) => boolean;

/** Nothing of what a name means may be asked. The message is for logs. */
class AddressNotAllowedError extends Error {
  override readonly name = "AddressNotAllowedError";
  readonly code = "address_not_allowed";
  constructor(host: string, addresses: readonly string[]) {
    const where = addresses.join(", ");
    super(`${host === where ? host : `${host} (${where})`} is no address that upstreams may have`);
  }
}

/**
 * Connects undici to where the guard allows. It judges the very address that
 * is connected to, so a name that means one thing when it is configured and
 * another when it is used gains nothing (DNS rebinding).
 *
 * @param guard undefined: anywhere
 */
export function guardedConnector(
  options: buildConnector.BuildOptions,
  guard: AddressGuard | undefined,
): buildConnector.connector {
  if (!guard) return buildConnector(options);
  const connect = buildConnector({ ...options, lookup: guardedLookup(guard) });
  return (target, callback) => {
    // Node looks up names only.
    const host = target.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) === 0 || guard(host)) connect(target, callback);
    else process.nextTick(callback, new AddressNotAllowedError(host, [host]), null);
  };
}

function guardedLookup(guard: AddressGuard): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, "");
      const allowed = found.filter(({ address }) => guard(address));
      const [first] = allowed;
      if (!first) callback(new AddressNotAllowedError(host, addressesOf(found)), "");
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function addressesOf(found: readonly LookupAddress[]): string[] {
  return found.map(({ address }) => address);
}
