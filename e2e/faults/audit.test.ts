import { expect, test } from "@jest/globals";
import { audit, type Evidence, type Findings, noFindings } from "./audit.ts";
import type { Outcome } from "./exchange.ts";
import type { Row } from "./record.ts";

// The referee, refereed: what it must find, and what it must let pass.

const outcome: Outcome = {
  plan: {
    marker: "m",
    route: "messages",
    streaming: true,
    asksForUsage: false,
    words: 3,
    fate: { by: "nobody" },
    tokens: { input: 10, cacheRead: 2, output: 30 },
  },
  beganAt: 1_000,
  endedAt: 2_000,
  status: 200,
  how: "whole",
};
const usage = { input: 10, cacheRead: 2, output: 30, partial: false };
const row: Row = { marker: "m", status: "completed", upstreamStatus: 200, usages: [usage] };
const good: Evidence = { outcomes: [outcome], seen: ["m"], rows: [row] };
const kills = [{ from: 1_500, to: 1_510 }];
const unanswered: Outcome = { ...outcome, endedAt: 1_505, status: undefined, how: "unanswered" };
const interrupted: Row = { ...row, status: "interrupted", upstreamStatus: 0, usages: [] };

const broken: readonly (readonly [keyof Findings, Partial<Evidence>])[] = [
  ["onRecordTwice", { rows: [row, row] }],
  ["seenTwice", { seen: ["m", "m"] }],
  ["seenButNotOnRecord", { outcomes: [unanswered], rows: [] }],
  ["seenButNotOnRecord", { outcomes: [unanswered], rows: [], kills }],
  ["answeredButNotOnRecord", { rows: [], kills }],
  ["onRecordButNotSeen", { seen: [] }],
  ["onRecordButNotAsked", { rows: [row, { ...row, marker: "other" }] }],
  ["notEnded", { rows: [{ ...row, status: undefined }] }],
  ["wrongEnd", { rows: [{ ...row, status: "failed", usages: [{ ...usage, partial: true }] }] }],
  ["wrongEnd", { rows: [interrupted], kills: [{ from: 1_990, to: 2_010 }] }],
  ["wrongEnd", { rows: [interrupted], kills: [{ from: 2_001, to: 2_010 }] }],
  ["wrongUsage", { rows: [{ ...row, usages: [] }] }],
  ["wrongUsage", { rows: [{ ...row, usages: [usage, usage] }] }],
  ["wrongUsage", { rows: [{ ...row, usages: [{ ...usage, output: 31 }] }] }],
  ["wrongUsage", { rows: [{ ...row, usages: [{ ...usage, partial: true }] }] }],
  ["alteredBytes", { outcomes: [{ ...outcome, how: "altered" }] }],
];

test.each(broken)("finds %s in %j", (finding, evidence) => {
  const { findings } = audit({ ...good, ...evidence });
  expect(findings[finding]).toHaveLength(1);
});

const kept: readonly (readonly [string, Partial<Evidence>])[] = [
  ["a request that ended well", {}],
  [
    "one that a kill cut before the provider saw it",
    { outcomes: [unanswered], seen: [], rows: [interrupted], kills },
  ],
];

test.each(kept)("has nothing to say of %s", (_what, evidence) => {
  expect(audit({ ...good, ...evidence }).findings).toEqual(noFindings);
});
