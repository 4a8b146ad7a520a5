import { createServer } from "node:net";
import { bind, type ListenAddress } from "@aibridge/runtime";

/**
 * The address with a port that is free: the given one, or any if that is 0.
 * Workers share their port, and so would anybody else who asks for it; here, for
 * a moment, it is asked for alone, so that a port in use is told as such.
 *
 * @throws ListenError
 */
export async function pickPort(listen: ListenAddress): Promise<ListenAddress> {
  const server = createServer();
  const picked = await bind(server, listen);
  await new Promise((resolve) => server.close(resolve));
  return picked;
}
