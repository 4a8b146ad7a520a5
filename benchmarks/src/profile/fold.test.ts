import type { Profiler } from "node:inspector";
import { expect, test } from "@jest/globals";
import { foldProfile } from "./fold.ts";
import { placeOf } from "./group.ts";

function frame(functionName: string, url = "", lineNumber = -1) {
  return { functionName, url, lineNumber, columnNumber: 0, scriptId: "0" };
}

const relay = "file:///home/someone/repo/packages/aibridge/src/relay/relay.ts";
const profile: Profiler.Profile = {
  startTime: 0,
  endTime: 1_100,
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 3, 5, 6] },
    { id: 2, callFrame: frame("(idle)") },
    { id: 3, callFrame: frame("relay", relay, 9), children: [4] },
    { id: 4, callFrame: frame("", relay, 19) },
    { id: 5, callFrame: frame("writev") },
    { id: 6, callFrame: frame("(garbage collector)") },
    // The same function, called from elsewhere.
    { id: 7, callFrame: frame("relay", relay, 9) },
  ],
  samples: [3, 4, 2, 5, 6, 7, 2],
  timeDeltas: [50, 100, 200, 300, 40, 5, 60],
};

test("self times are added by group, by file and by function, and idle time is apart", () => {
  expect(foldProfile(profile)).toEqual({
    busyUs: 405,
    idleUs: 300,
    groups: [
      { name: "ours: aibridge/relay", us: 360 },
      { name: "native: called from JavaScript", us: 40 },
      { name: "garbage collection", us: 5 },
    ],
    files: [
      { name: "aibridge/src/relay/relay.ts", us: 360 },
      { name: "(native: called from JavaScript)", us: 40 },
      { name: "(garbage collection)", us: 5 },
    ],
    functions: [
      { name: "(anonymous) aibridge/src/relay/relay.ts:20", us: 200 },
      { name: "relay aibridge/src/relay/relay.ts:10", us: 160 },
      { name: "writev", us: 40 },
      { name: "(garbage collector)", us: 5 },
    ],
  });
});

test("a clock that goes back takes no time away", () => {
  const { busyUs } = foldProfile({ ...profile, samples: [3, 4, 2], timeDeltas: [0, -50, 20] });
  expect(busyUs).toBe(20);
});

test("a profile without samples is empty", () => {
  const { nodes, startTime, endTime } = profile;
  expect(foldProfile({ nodes, startTime, endTime })).toMatchObject({ busyUs: 0, groups: [] });
});

test.each([
  ["node:_http_outgoing", "node:http"],
  ["node:internal/http", "node:http"],
  ["node:net", "node:net and streams"],
  ["node:internal/stream_base_commons", "node:net and streams"],
  ["node:internal/timers", "node, the rest"],
  ["file:///x/node_modules/undici/lib/core/request.js", "undici"],
  ["file:///x/node_modules/@connectrpc/connect/dist/index.js", "@connectrpc/connect"],
  ["file:///x/packages/aibridge/node_modules/lru-cache/index.js", "lru-cache"],
  ["file:///x/packages/aibridged/src/listener.ts", "ours: aibridged"],
  ["file:///x/benchmarks/src/processes/bare-proxy.ts", "the benchmark"],
])("%s belongs to %s", (url, group) => {
  expect(placeOf(frame("f", url)).group).toBe(group);
});
