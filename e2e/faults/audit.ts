import type { Outcome } from "./exchange.ts";
import type { Plan } from "./plan.ts";
import type { Row } from "./record.ts";

/** From before a gateway was killed until it was gone, by `performance.now`. */
export interface Kill {
  readonly from: number;
  readonly to: number;
}

/** What the three witnesses say: the clients, the provider and the record. */
export interface Evidence {
  readonly outcomes: readonly Outcome[];
  /** A marker for each request that reached the provider. */
  readonly seen: readonly string[];
  readonly rows: readonly Row[];
  /** Of gateways, none unless given; that of another process excuses nothing. */
  readonly kills?: readonly Kill[];
}

/**
 * Markers of requests for which a promise was broken, by promise; no list may
 * have any. A kill of the gateway excuses two things:
 *
 * - A start may be on record of a request that the provider never saw, because
 *   the kill came in between, or the client left. It has an end then, and no
 *   provider's status.
 * - What the kill cut may have ended in any way but a wrong one: with the usage
 *   as far as it was known, marked partial. What a client got whole is not cut.
 */
export interface Findings {
  readonly onRecordTwice: readonly string[];
  readonly seenTwice: readonly string[];
  readonly seenButNotOnRecord: readonly string[];
  readonly answeredButNotOnRecord: readonly string[];
  readonly onRecordButNotSeen: readonly string[];
  readonly onRecordButNotAsked: readonly string[];
  readonly notEnded: readonly string[];
  readonly wrongEnd: readonly string[];
  readonly wrongUsage: readonly string[];
  readonly alteredBytes: readonly string[];
}

/** Every promise was kept. */
export const noFindings: Findings = {
  onRecordTwice: [],
  seenTwice: [],
  seenButNotOnRecord: [],
  answeredButNotOnRecord: [],
  onRecordButNotSeen: [],
  onRecordButNotAsked: [],
  notEnded: [],
  wrongEnd: [],
  wrongUsage: [],
  alteredBytes: [],
};

/** How many requests a kill excused from what, and how many there were in all. */
export interface Tally {
  readonly asked: number;
  readonly seen: number;
  readonly started: number;
  readonly ended: number;
  readonly whole: number;
  readonly killed: number;
  readonly startedButNotSeen: number;
}

/** Compares what the witnesses say, request by request. */
export function audit(evidence: Evidence): { findings: Findings; tally: Tally } {
  const matched = match(evidence);
  const excused = excuse(matched);
  return { findings: findingsOf(matched, excused), tally: tallyOf(matched, excused) };
}

/** A request that is on record. */
interface Case {
  readonly row: Row;
  readonly outcome: Outcome;
}

/** The evidence, with what belongs to one request side by side. */
interface Matched extends Required<Evidence> {
  readonly cases: readonly Case[];
  /** Of the provider's, those that have no row. */
  readonly seenOnly: readonly string[];
  /** Of the rows, those that the provider has not seen. */
  readonly recordOnly: readonly Case[];
  readonly outcomeOf: ReadonlyMap<string, Outcome>;
  readonly recorded: ReadonlySet<string>;
}

function match({ outcomes, seen, rows, kills = [] }: Evidence): Matched {
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.plan.marker, outcome]));
  const recorded = new Set(rows.map(({ marker }) => marker));
  const isSeen = new Set(seen);
  const cases = rows.flatMap((row) => {
    const outcome = outcomeOf.get(row.marker);
    return outcome ? [{ row, outcome }] : [];
  });
  const seenOnly = [...isSeen].filter((marker) => !recorded.has(marker));
  const recordOnly = cases.filter(({ row }) => !isSeen.has(row.marker));
  return { outcomes, seen, rows, kills, cases, seenOnly, recordOnly, outcomeOf, recorded };
}

/** What a kill, or a client that left early, explains: see `Findings`. */
interface Excused {
  readonly killed: ReadonlySet<Outcome>;
  readonly startedButNotSeen: readonly Case[];
}

function excuse({ outcomes, kills, recordOnly }: Matched): Excused {
  const killed = new Set(outcomes.filter((outcome) => kills.some((kill) => spans(outcome, kill))));
  const startedButNotSeen = recordOnly.filter(({ row, outcome }) => {
    const wasCut = killed.has(outcome) && row.status === "interrupted";
    const wasLeft = outcome.how === "left" && row.status === "cancelled";
    return row.upstreamStatus === 0 && (wasCut || wasLeft);
  });
  return { killed, startedButNotSeen };
}

function findingsOf(matched: Matched, excused: Excused): Findings {
  const { outcomes, seen, rows, cases, outcomeOf, recorded } = matched;
  const isCut = ({ outcome }: Case) => excused.killed.has(outcome) && outcome.how !== "whole";
  return {
    onRecordTwice: repeated(markersOf(rows)),
    seenTwice: repeated(seen),
    seenButNotOnRecord: matched.seenOnly,
    answeredButNotOnRecord: outcomes
      .filter(({ plan, how, status }) => status && how !== "refused" && !recorded.has(plan.marker))
      .map(({ plan }) => plan.marker),
    onRecordButNotSeen: without(
      matched.recordOnly.map(({ row }) => row.marker),
      excused.startedButNotSeen.map(({ row }) => row.marker),
    ),
    onRecordButNotAsked: markersOf(rows).filter((marker) => !outcomeOf.has(marker)),
    notEnded: markersOf(rows.filter(({ status }) => !status)),
    wrongEnd: cases.filter((it) => !isCut(it) && !isRightEnd(it)).map(describe),
    wrongUsage: cases.filter((it) => !isRightUsage(it)).map(describe),
    alteredBytes: outcomes.filter(({ how }) => how === "altered").map(({ plan }) => plan.marker),
  };
}

function tallyOf({ outcomes, seen, rows }: Matched, excused: Excused): Tally {
  return {
    asked: outcomes.length,
    seen: new Set(seen).size,
    started: rows.length,
    ended: rows.filter(({ status }) => status).length,
    whole: outcomes.filter(({ how }) => how === "whole").length,
    killed: excused.killed.size,
    startedButNotSeen: excused.startedButNotSeen.length,
  };
}

/** Who left may be gone a moment before the gateway notices: far less than this. */
const leavingMs = 2_000;

function spans({ beganAt, endedAt, how }: Outcome, { from, to }: Kill): boolean {
  return beganAt <= to && endedAt >= (how === "left" ? from - leavingMs : from);
}

/** What the clients saw of it decides how a request must have ended. */
function isRightEnd({ row, outcome: { how, plan } }: Case): boolean {
  const { status, upstreamStatus } = row;
  const isError = plan.fate.by === "provider" && plan.fate.how === "error";
  switch (how) {
    case "whole":
      return isError
        ? status === "failed" && upstreamStatus === plan.fate.status
        : status === "completed" && upstreamStatus === 200;
    // The gateway may have sent all before it noticed, or have had a reason of its own to end it.
    case "left":
      return status !== "interrupted";
    case "cut":
    case "refused":
    case "unanswered":
      return status !== "completed";
    case "altered":
      return false;
  }
}

/**
 * One usage, exactly what the provider said, for what was completed; at most one
 * for what was not, marked partial, as far as the provider had said it.
 */
function isRightUsage({ row: { status, usages }, outcome: { plan } }: Case): boolean {
  const { input, cacheRead, output } = plan.tokens;
  const [usage, ...others] = usages;
  if (others.length > 0) return false;
  if (usage === undefined) return status !== "completed";
  const isInput = usage.input === input && usage.cacheRead === cacheRead;
  const isWhole = usage.output === output;
  if (status === "completed") return isInput && isWhole && !usage.partial;
  return isInput && usage.partial && (isWhole || isFirstCount(plan, usage.output));
}

/** A Messages stream says what it has used at its beginning already. */
function isFirstCount({ route, streaming }: Plan, output: number): boolean {
  return route === "messages" && streaming && output === 1;
}

function describe({ row, outcome }: Case): string {
  return JSON.stringify({ ...row, how: outcome.how, fate: outcome.plan.fate });
}

function markersOf(rows: readonly Row[]): string[] {
  return rows.map(({ marker }) => marker);
}

function repeated(markers: readonly string[]): string[] {
  return markers.filter((marker, at) => markers.indexOf(marker) !== at);
}

function without(markers: readonly string[], excused: readonly string[]): string[] {
  const set = new Set(excused);
  return markers.filter((marker) => !set.has(marker));
}
