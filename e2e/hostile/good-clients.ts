import { ask, bearer } from "../ask.ts";
import { quantile } from "../revocation-times.ts";

/** What good clients met. */
export interface GoodClients {
  /** The statuses of all answers; 0 for none. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Two clients that ask one question after another until told to stop. */
export function startGoodClients(
  gatewayUrl: string,
  key: string,
): { stop(): Promise<GoodClients> } {
  const statuses = new Map<number, number>();
  const times: number[] = [];
  let stopped = false;
  const askOn = async () => {
    while (!stopped) {
      const beganAt = performance.now();
      const { status } = await ask(gatewayUrl, "messages", bearer(key)).catch(() => ({
        status: 0,
      }));
      times.push(performance.now() - beganAt);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const clients = [askOn(), askOn()];
  return {
    async stop() {
      stopped = true;
      await Promise.all(clients);
      return { statuses, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
    },
  };
}
