import { expect, jest } from "@jest/globals";
import { proves } from "../proves.ts";
import { audit, noFindings } from "./audit.ts";
import { Changes } from "./changes.ts";
import { exchange, type Outcome } from "./exchange.ts";
import { unbrokenPlansFrom } from "./plan.ts";
import { Provider } from "./provider.ts";
import { readRecord } from "./record.ts";
import { settle, startScene } from "./scene.ts";
import { seed } from "./seed.ts";

jest.setTimeout(120_000);

const clients = 256;

proves(
  ["record.full", "record.one-start-one-end"],
  `a spool without room refuses with 503, before the provider is asked, and serves again when it has some (seed ${seed})`,
  async () => {
    // A mebibyte has room for a quarter of them or so at a time.
    await using scene = await startScene(undefined, { AIBRIDGE_SPOOL_MAX_BYTES: "1048576" });
    const { coderd, gateway, upstream } = scene;
    const changes = new Changes();
    const provider = new Provider(upstream, changes);
    const nextPlan = unbrokenPlansFrom(seed);
    const { gatewayUrl } = gateway;
    const outcomes: Outcome[] = [];
    const ask = async () => {
      outcomes.push(await exchange({ gatewayUrl, apiKey: coderd.apiKey }, nextPlan(), provider));
      changes.notify();
    };

    provider.hold();
    const asking = Array.from({ length: clients }, ask);
    // Nothing ends but what is refused, until every request is one or the other.
    await changes.until(() => outcomes.length + provider.open === clients, "all asked");
    const refused = outcomes.length;
    expect(refused).toBeGreaterThan(0);
    expect(outcomes.map(({ how, status }) => [how, status])).toEqual(
      Array(refused).fill(["refused", 503]),
    );
    expect(provider.seen).toHaveLength(clients - refused);
    provider.release();
    await Promise.all(asking);
    await Promise.all(Array.from({ length: 32 }, ask));

    await settle(gateway);
    const rows = await readRecord(coderd.owner);
    const { findings, tally } = audit({ outcomes, seen: provider.seen, rows });
    expect(findings).toEqual(noFindings);
    const admitted = clients - refused + 32;
    expect([tally.started, tally.ended, tally.whole]).toEqual([admitted, admitted, admitted]);
  },
);
