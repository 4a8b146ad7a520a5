import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { Agent, request } from "undici";
import { guardedConnector } from "./guarded-connector.ts";

// proves: upstreams.checked-at-connect
test.each([
  ["an address", "127.0.0.1"],
  ["a name that means it", "localhost"],
])("%s that is not allowed is not connected to", async (_what, host) => {
  const server = createServer((_request, response) => response.end("inside"));
  let connections = 0;
  server.on("connection", () => {
    connections++;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const open = new Agent({ connect: guardedConnector({}, () => true) });
  const guarded = new Agent({
    connect: guardedConnector({}, (address) => !["127.0.0.1", "::1"].includes(address)),
  });
  try {
    await expect(request(url, { dispatcher: guarded })).rejects.toMatchObject({
      code: "address_not_allowed",
    });
    expect(connections).toBe(0);
    const { body } = await request(url, { dispatcher: open });
    expect(await body.text()).toBe("inside");
  } finally {
    await Promise.all([open.destroy(), guarded.destroy()]);
    server.close();
  }
});
