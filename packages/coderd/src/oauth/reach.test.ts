import { expect, test } from "@jest/globals";
import { farthest, isWithin, reachOf } from "./reach.ts";

test.each([
  ["8.8.8.8", "public"],
  ["2606:4700:4700::1111", "public"],
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["192.168.1.1", "private"],
  ["100.64.0.1", "private"],
  ["fd00::1", "private"],
  ["::ffff:10.0.0.1", "private"],
  ["127.0.0.1", "loopback"],
  ["127.255.0.1", "loopback"],
  ["::1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  // What no metadata may name: clouds' credentials, "any" address, tunnels.
  ["169.254.169.254", undefined],
  ["fe80::1", undefined],
  ["::ffff:169.254.169.254", undefined],
  ["0.0.0.0", undefined],
  ["::", undefined],
  ["224.0.0.1", undefined],
  ["255.255.255.255", undefined],
  ["64:ff9b::7f00:1", undefined],
  ["2002:7f00:1::", undefined],
  ["not an address", undefined],
])("%s is %s", (address, reach) => {
  expect(reachOf(address)).toBe(reach);
});

// proves: mcp.oauth.reach
test("nothing nearer than the limit is within it, and what is nowhere never is", () => {
  const addresses = ["8.8.8.8", "10.0.0.1", "127.0.0.1", "169.254.169.254"];
  const within = (limit: "public" | "private" | "loopback") =>
    addresses.map((address) => isWithin(address, limit));
  expect(within("public")).toEqual([true, false, false, false]);
  expect(within("private")).toEqual([true, true, false, false]);
  expect(within("loopback")).toEqual([true, true, true, false]);
});

test("of several addresses the farthest counts", () => {
  expect(farthest(["127.0.0.1", "10.0.0.1", "8.8.8.8"])).toBe("public");
  expect(farthest(["127.0.0.1", "10.0.0.1"])).toBe("private");
  expect(farthest(["::1"])).toBe("loopback");
  expect(farthest(["169.254.169.254"])).toBe("public");
});
