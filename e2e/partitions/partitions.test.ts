import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { expect, jest } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { open, send } from "../http.ts";
import { proves } from "../proves.ts";
import { type RevocationTimes, stallStreams, warmKey } from "../revocation-times.ts";
import { share } from "../share.ts";
import { withinASecond } from "../within-a-second.ts";
import { missingForNamespaces } from "./namespace.ts";
import { startPartitionedCluster } from "./partitioned-cluster.ts";

jest.setTimeout(60_000);

/** An answer that says that nobody could be asked comes within coderd's deadline, and some. */
const refusedWithinMs = 6_000;

suiteThatNeeds(await missingForNamespaces(), "networks that drop packets", () => {
  describeWithDatabase("between a gateway and two coderds", (databaseUrl) => {
    const cluster = share(() => startPartitionedCluster(databaseUrl()));
    const gateway = () => cluster().gateways[0];

    async function createUser(): Promise<string> {
      const { owner } = cluster().coderds[0];
      const { user } = await owner.users.createUser({ username: `u-${randomUUID().slice(0, 8)}` });
      return user?.id ?? "";
    }

    const ready = async () => {
      const { status, body } = await send(`${gateway().adminUrl}/readyz`);
      return { status, coderdOk: JSON.parse(body.toString()).checks.coderd.ok };
    };

    // The gateway stays with the coderd that it went over to: so each is, in
    // turn, the one that it listens to.
    for (const [turn, dropped] of [0, 1, 0, 1].entries()) {
      proves(
        "partition.one-coderd",
        `a revocation right after the packets of coderd ${dropped} began to be dropped is felt within 1 s (${turn + 1})`,
        async () => {
          stallStreams(cluster());
          const [first, second] = cluster().coderds;
          const [away, near] = dropped === 0 ? [first, second] : [second, first];
          const userId = await createUser();
          const keys = [
            await warmKey(cluster(), near.owner, userId),
            await warmKey(cluster(), near.owner, userId),
          ];
          await away.namespace.drop();
          try {
            const times: RevocationTimes[] = [];
            for (const key of keys) times.push(...(await key.revoke(near.owner)));
            expect(times).toHaveLength(2);
            expect(times.filter(({ sinceCallMs }) => !(sinceCallMs <= 1_000))).toEqual([]);
            // It may have been unready for the moment in which it went over to the other.
            expect(await eventually(ready, ({ status }) => status === 200)).toEqual({
              status: 200,
              coderdOk: true,
            });
          } finally {
            await away.namespace.pass();
          }
        },
      );
    }

    proves(
      ["partition.all-coderds", "partition.recovers"],
      "while the packets of all coderds are dropped requests are 503, streams are cut as an outage and /readyz says why; then all goes on by itself",
      async () => {
        stallStreams(cluster());
        const { coderds } = cluster();
        const { owner } = coderds[0];
        const userId = await createUser();
        const kept = (await owner.apiKeys.createApiKey({ userId })).key;
        const lost = await owner.apiKeys.createApiKey({ userId });
        const askWith = async (key: string) => {
          const beganAt = performance.now();
          const { status } = await ask(gateway().gatewayUrl, "messages", bearer(key));
          expect(performance.now() - beganAt).toBeLessThan(refusedWithinMs);
          return status;
        };
        expect([await askWith(kept), await askWith(lost.key)]).toEqual([200, 200]);
        const stream = await openStream(gateway().gatewayUrl, kept);
        const end = textOf(stream);

        await Promise.all(coderds.map(({ namespace }) => namespace.drop()));
        const droppedAt = performance.now();
        try {
          await owner.apiKeys.revokeApiKey({ id: lost.apiKey?.id ?? "" });
          expect(await end).toContain("could not connect to coderd");
          expect(performance.now() - droppedAt).toBeLessThan(1_500);
          const statuses = new Set<number>();
          await withinASecond(
            () => askWith(kept),
            (status) => status !== 200,
          );
          for (const key of [kept, lost.key, kept, lost.key]) statuses.add(await askWith(key));
          expect([...statuses]).toEqual([503]);
          expect(await eventually(ready, ({ status }) => status === 503)).toEqual({
            status: 503,
            coderdOk: false,
          });
        } finally {
          await Promise.all(coderds.map(({ namespace }) => namespace.pass()));
        }
        const passedAt = performance.now();
        await eventually(
          async () => {
            const status = await askWith(kept);
            expect([200, 503]).toContain(status);
            return status;
          },
          (status) => status === 200,
        );
        expect(await askWith(lost.key)).toBe(403);
        expect(await eventually(ready, ({ status }) => status === 200)).toEqual({
          status: 200,
          coderdOk: true,
        });
        expect(performance.now() - passedAt).toBeLessThan(10_000);
      },
    );
  });
});

async function openStream(gatewayUrl: string, key: string): Promise<IncomingMessage> {
  return await open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify({ ...bodies.messages, stream: true }),
  });
}

/** All that a stream said until it ended or was cut. */
async function textOf(stream: IncomingMessage): Promise<string> {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  stream.on("error", () => {});
  await new Promise((resolve) => stream.once("close", resolve));
  return text;
}
