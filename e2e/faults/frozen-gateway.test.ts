import { setTimeout as wait } from "node:timers/promises";
import { expect, jest } from "@jest/globals";
import { eventually } from "../eventually.ts";
import { proves } from "../proves.ts";
import { createUser } from "../world.ts";
import { audit, noFindings } from "./audit.ts";
import { type Caller, shortOf } from "./caller.ts";
import { Callers } from "./callers.ts";
import { untilReadiness } from "./readiness.ts";
import { readRecord } from "./record.ts";
import { settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

jest.setTimeout(60_000);

const streams = 8;
const boundMs = 1_000;

proves(
  ["fault.dead-key", "fault.ready", "fault.rows"],
  `a gateway that was frozen past the bound serves nothing of a key that was revoked meanwhile, and goes on with the others (seed ${seed})`,
  async () => {
    await using scene = await startScene(undefined);
    const { coderd, gateway, upstream } = scene;
    const callers = new Callers(upstream, seed);
    const { provider } = callers;
    const kept = callers.add(gateway, coderd.apiKey);
    const mortal = await createUser(coderd);
    const dying = callers.add(gateway, mortal.key);
    const askAll = (caller: Caller) => Array.from({ length: streams }, () => caller.ask());

    provider.hold();
    const running = { kept: askAll(kept), dying: askAll(dying) };
    await provider.untilOpen(2 * streams);
    gateway.process.freeze();
    await coderd.owner.apiKeys.revokeApiKey({ id: mortal.keyId });
    // The kernel accepts what nobody takes yet: all of it is there at the thaw, with the news.
    const late = { kept: askAll(kept), dying: askAll(dying) };
    await wait(2 * boundMs);
    gateway.process.thaw();
    const thawedAt = performance.now();

    const cut = await Promise.all(running.dying);
    expect(Math.max(...cut.map(({ endedAt }) => endedAt)) - thawedAt).toBeLessThan(boundMs);
    for (const outcome of cut) expect(shortOf(outcome)).toMatch(/^(cut|refused 403|refused 503)$/);
    // A busy machine may have it wait for an answer until that is too old to be believed.
    for (const outcome of await Promise.all(late.dying)) {
      expect(shortOf(outcome)).toMatch(/^refused (403|503)$/);
    }
    provider.release();
    await Promise.all([...running.kept, ...late.kept]);
    expect(kept.outcomes.filter(({ status }) => status === 403)).toEqual([]);
    await eventually(
      () => kept.ask(),
      ({ how }) => how === "whole",
    );
    expect(shortOf(await dying.ask())).toBe("refused 403");
    await untilReadiness(gateway, ({ status }) => status === 200);

    await settle(gateway);
    const seen = new Set(provider.seen);
    expect((await Promise.all(late.dying)).filter(({ plan }) => seen.has(plan.marker))).toEqual([]);
    const rows = await readRecord(coderd.owner);
    const { outcomes } = callers;
    const { findings, tally } = audit({ outcomes, seen: provider.seen, rows });
    expect(findings).toEqual(noFindings);
    expect([tally.started, tally.ended]).toEqual([tally.seen, tally.seen]);
  },
);
