import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect, jest } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths, unknownKey } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { readiness, readinessUntil, untilReadiness } from "../faults/readiness.ts";
import { open } from "../http.ts";
import { proves } from "../proves.ts";
import { stallStreams } from "../revocation-times.ts";
import { share } from "../share.ts";
import { withinASecond } from "../within-a-second.ts";
import { createUser } from "../world.ts";
import { startCutOffCluster } from "./cut-off-cluster.ts";
import { missingForNamespaces } from "./namespace.ts";

jest.setTimeout(90_000);

suiteThatNeeds(await missingForNamespaces(), "a coderd whose database can't be reached", () => {
  describeWithDatabase("because packets are dropped", (databaseUrl) => {
    const cluster = share(() => startCutOffCluster(databaseUrl()));

    // The second time all connections of the first are old ones.
    for (const time of [1, 2]) {
      proves(
        ["partition.database", "partition.recovers", "fault.dead-key", "fault.ready"],
        `attests nothing: requests are 503, a key that was revoked elsewhere among them, and then all goes on by itself (${time})`,
        async () => {
          const { gateway, namespace, owner } = cluster();
          stallStreams(cluster());
          const kept = await createUser({ owner });
          const lost = await createUser({ owner });
          const askWith = async (key: string) =>
            (await ask(gateway.gatewayUrl, "messages", bearer(key))).status;
          expect([await askWith(kept.key), await askWith(lost.key)]).toEqual([200, 200]);
          const stream = await open(`${gateway.gatewayUrl}${paths.messages}`, {
            method: "POST",
            headers: [...jsonHeaders, ...bearer(lost.key)],
            body: JSON.stringify({ ...bodies.messages, stream: true }),
          });
          stream.resume().on("error", () => {});
          const cut = new Promise((resolve) => stream.once("close", resolve)).then(() =>
            performance.now(),
          );

          await namespace.drop();
          try {
            await owner.apiKeys.revokeApiKey({ id: lost.keyId });
            const revokedAt = performance.now();
            await withinASecond(
              () => askWith(lost.key),
              (status) => status === 503,
            );
            expect((await cut) - revokedAt).toBeLessThan(1_000);
            const asked = [kept.key, lost.key, unknownKey].map(askWith);
            expect(await Promise.all(asked)).toEqual([503, 503, 503]);
            expect(await readinessUntil(gateway, performance.now() + 1_000)).toEqual([
              { status: 503, failing: ["coderd"] },
            ]);
          } finally {
            await namespace.pass();
          }
          await eventually(
            async () => {
              const status = await askWith(kept.key);
              expect([200, 503]).toContain(status);
              return status;
            },
            (status) => status === 200,
            60_000,
          );
          await untilReadiness(gateway, ({ status }) => status === 200);
          expect([await askWith(lost.key), await askWith(unknownKey)]).toEqual([403, 403]);
          expect(await readiness(gateway)).toMatchObject({ status: 200, failing: [] });
        },
      );
    }
  });
});
