import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { expect } from "@jest/globals";
import { startCluster } from "./cluster.ts";
import { proves } from "./proves.ts";
import {
  createOwner,
  quantile,
  type RevocationTimes,
  stallStreams,
  type WarmKey,
  warmKey,
} from "./revocation-times.ts";
import { share } from "./share.ts";

/** Fails with what was measured if anything took longer. */
function expectWithin(ms: number, times: readonly RevocationTimes[]): void {
  expect(times.filter(({ refusedMs, cutMs }) => !(Math.max(refusedMs, cutMs) <= ms))).toEqual([]);
}

describeWithDatabase("two coderd and three gateways", (databaseUrl) => {
  const cluster = share(() => startCluster(databaseUrl()));

  for (const at of [0, 1] as const) {
    proves(
      "revocation.everywhere",
      `50 revocations at coderd ${at} are felt at every gateway, by requests and open streams, within 250 ms at p99 and 1 s at most`,
      async () => {
        stallStreams(cluster());
        const { owner } = cluster().coderds[at];
        const userId = await createOwner(cluster());
        const times: RevocationTimes[] = [];
        for (let i = 0; i < 50; i++) {
          const key = await warmKey(cluster(), owner, userId);
          times.push(...(await key.revoke(owner)));
        }
        expect(times).toHaveLength(150);
        expectWithin(1_000, times);
        const p99 = (values: readonly number[]) => quantile(values, 0.99);
        expect(p99(times.map(({ refusedMs }) => refusedMs))).toBeLessThan(250);
        expect(p99(times.map(({ cutMs }) => cutMs))).toBeLessThan(250);
      },
    );
  }

  /** Two keys, known and streaming everywhere. */
  async function warmTwo(): Promise<readonly WarmKey[]> {
    const { owner } = cluster().coderds[0];
    const userId = await createOwner(cluster());
    return [await warmKey(cluster(), owner, userId), await warmKey(cluster(), owner, userId)];
  }

  // A gateway stays with the coderd that it went over to. So those who lose the
  // first one listen to the second, which is then the one to freeze.
  for (const turn of [1, 2, 3, 4]) {
    proves(
      "revocation.coderd-killed",
      `a revocation right after a coderd was killed is felt everywhere within 1 s (${turn})`,
      async () => {
        const [dead, alive] = cluster().coderds;
        const keys = await warmTwo();
        await dead.process.kill();
        for (const key of keys) expectWithin(1_000, await key.revoke(alive.owner));
        await dead.restart();
      },
    );

    proves(
      "revocation.coderd-frozen",
      `a revocation right after a coderd was frozen is felt everywhere within 1 s (${turn})`,
      async () => {
        const [alive, frozen] = cluster().coderds;
        const keys = await warmTwo();
        frozen.process.freeze();
        try {
          for (const key of keys) expectWithin(1_000, await key.revoke(alive.owner));
        } finally {
          frozen.process.thaw();
        }
      },
    );
  }
});
