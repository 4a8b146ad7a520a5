import { expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { withinASecond } from "../within-a-second.ts";
import { audit, noFindings } from "./audit.ts";
import { Callers } from "./callers.ts";
import { readRecord } from "./record.ts";
import { settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

jest.setTimeout(120_000);

const streams = 32;

proves(
  ["record.coderd-away", "record.one-start-one-end", "outage.coderd-silent"],
  `a coderd that accepts and never answers delays the record, and takes nothing from it (seed ${seed})`,
  async () => {
    await using scene = await startScene(undefined);
    const { coderd, gateway, upstream } = scene;
    const callers = new Callers(upstream, seed);
    const { provider } = callers;
    const caller = callers.add(gateway, coderd.apiKey);

    provider.hold();
    const asking = Array.from({ length: streams }, () => caller.ask());
    await provider.untilOpen(streams);
    coderd.process.freeze();
    try {
      provider.release();
      await Promise.all(asking);
      // A key that is remembered may be served for a moment.
      const refused = await withinASecond(
        () => caller.ask(),
        ({ how }) => how === "refused",
      );
      expect(refused.status).toBe(503);
    } finally {
      coderd.process.thaw();
    }
    await settle(gateway);
    const rows = await readRecord(coderd.owner);
    const { outcomes } = callers;
    const { findings, tally } = audit({ outcomes, seen: provider.seen, rows });
    expect(findings).toEqual(noFindings);
    const asked = provider.seen.length;
    expect([tally.seen, tally.started, tally.ended]).toEqual([asked, asked, asked]);
    expect(asked).toBeGreaterThanOrEqual(streams);
  },
);
