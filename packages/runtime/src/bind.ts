import type { Server } from "node:net";
import type { ListenAddress } from "./config-schemas.ts";

/** An address that can't be listened on. `code` is the system's: EADDRINUSE, EACCES, ... */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: string;

  constructor(address: ListenAddress, cause: unknown) {
    const code = codeOf(cause);
    super(`can't listen on ${addressText(address)}: ${reasons[code] ?? code}`, { cause });
    this.code = code;
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "the port is in use. Stop what uses it, or choose another port (0 picks a free one)",
  EACCES: "this user may not use that port. Choose one above 1023",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "this host name has no address",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}

/** The address as people write it: `127.0.0.1:7080`, `[::1]:7080`, `:7080`. */
export function addressText({ host, port }: ListenAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * The URL at which this machine reaches what listens there. Where every
 * interface is listened on, that is loopback.
 */
export function urlOf(scheme: "http" | "https", { host, port }: ListenAddress): string {
  const reachable = host === "" || host === "::" || host === "0.0.0.0" ? "127.0.0.1" : host;
  return `${scheme}://${addressText({ host: reachable, port })}`;
}

/** How to listen; all of it may be left out. */
export interface BindOptions {
  /**
   * Whether other processes may listen there too, all of which say so: the
   * kernel then gives each connection to one of them. Default: this one alone.
   */
  readonly reusePort?: boolean;
}

/**
 * Starts listening. Resolves to the address with the port that was really
 * taken, and rejects with a `ListenError`.
 */
export function bind(
  server: Server,
  address: ListenAddress,
  { reusePort = false }: BindOptions = {},
): Promise<ListenAddress> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(new ListenError(address, error));
    server.once("error", onError);
    const { host, port } = address;
    server.listen({ port, reusePort, ...(host !== "" && { host }) }, () => {
      server.removeListener("error", onError);
      const bound = server.address();
      resolve({ host, port: bound !== null && typeof bound === "object" ? bound.port : port });
    });
  });
}
