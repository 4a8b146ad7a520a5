import { expect, test } from "@jest/globals";
import { hostNotAllowed, mayBeUpstream } from "./upstream-addresses.ts";

const publicOnes = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"];
const nearOnes = [
  "127.0.0.1",
  "127.9.9.9",
  "::1",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "fd12::1",
  "::ffff:10.0.0.1",
];
const neverOnes = [
  "169.254.169.254",
  "::ffff:169.254.169.254",
  "fe80::1",
  "fd00:ec2::254",
  "100.100.100.200",
  "0.0.0.0",
  "::",
  "224.0.0.1",
  "255.255.255.255",
  "64:ff9b::a9fe:a9fe",
  "2002:a9fe:a9fe::1",
];

// proves: upstreams.private-refused
test.each([
  ["refuse", publicOnes, [...nearOnes, ...neverOnes]],
  ["allow", [...publicOnes, ...nearOnes], neverOnes],
  ["allow-link-local", [...publicOnes, ...nearOnes, ...neverOnes], []],
] as const)("%s: which addresses may be an upstream's", (allowed, yes, no) => {
  expect(yes.filter((address) => !mayBeUpstream(address, allowed))).toEqual([]);
  expect(no.filter((address) => mayBeUpstream(address, allowed))).toEqual([]);
});

// proves: upstreams.private-refused
test.each([
  ["http://127.0.0.1:8080/v1", "127.0.0.1"],
  ["http://0x7f.1", "127.0.0.1"],
  ["http://2130706433", "127.0.0.1"],
  ["http://[::1]:80", "::1"],
  ["http://[::ffff:169.254.169.254]", "::ffff:a9fe:a9fe"],
  ["http://localhost:11434", "localhost"],
  ["http://LOCALHOST./v1", "localhost"],
  ["http://llm.localhost", "llm.localhost"],
  ["https://api.anthropic.com", undefined],
  ["https://1.1.1.1", undefined],
])("refuse, of %s: %s", (url, host) => {
  expect(hostNotAllowed(url, "refuse")).toBe(host);
});
