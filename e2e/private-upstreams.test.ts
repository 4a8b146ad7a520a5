import { startGateway } from "@aibridge/testing/harness";
import { expect } from "@jest/globals";
import { startApart } from "./apart.ts";
import { ask, bearer } from "./ask.ts";
import { proves } from "./proves.ts";

proves(
  "upstreams.checked-at-connect",
  "a gateway that may use public addresses only does not connect to a provider on loopback, whatever coderd allowed",
  async () => {
    await using world = await startApart();
    await using gateway = await startGateway(world.coderd, {
      AIBRIDGE_PRIVATE_UPSTREAMS: "refuse",
    });
    const { status, body } = await ask(gateway.gatewayUrl, "messages", bearer(world.coderd.apiKey));
    expect([status, body.includes("could not reach the provider")]).toEqual([502, true]);
    expect(world.upstream.connections).toBe(0);
    const { err } = await gateway.process.logged((line) => line.reason === "upstream_unreachable");
    expect(JSON.stringify(err)).toContain("127.0.0.1 is no address that upstreams may have");
  },
);
