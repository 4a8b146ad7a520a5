import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { expect } from "@jest/globals";
import { startCluster } from "./cluster.ts";
import { proves } from "./proves.ts";
import {
  createOwner,
  type RevocationTimes,
  stallStreams,
  type WarmKey,
  warmKey,
} from "./revocation-times.ts";
import { share } from "./share.ts";

/** The bound that holds on any machine (product.md, promise 3). How long it usually takes: `npm run bench:revocation`. */
const boundMs = 1_000;

/** Fails with what was measured if a request that was sent past the bound was served, or a stream ran on. */
function expectWithinBound(times: readonly RevocationTimes[]): void {
  const isWithin = ({ servedMs, refusedMs, cutMs }: RevocationTimes) =>
    servedMs <= boundMs && cutMs <= boundMs && Number.isFinite(refusedMs);
  expect(times.filter((time) => !isWithin(time))).toEqual([]);
}

describeWithDatabase("two coderd and three gateways", (databaseUrl) => {
  const cluster = share(() => startCluster(databaseUrl()));

  for (const at of [0, 1] as const) {
    proves(
      "revocation.everywhere",
      `50 revocations at coderd ${at} are felt at every gateway, by requests and open streams, within 1 s`,
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
        expectWithinBound(times);
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
        for (const key of keys) expectWithinBound(await key.revoke(alive.owner));
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
          for (const key of keys) expectWithinBound(await key.revoke(alive.owner));
        } finally {
          frozen.process.thaw();
        }
      },
    );
  }
});
