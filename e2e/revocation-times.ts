import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { cutAfter, messages } from "@aibridge/testing/fake-upstream";
import type { CoderdClients, ServingGateway } from "@aibridge/testing/harness";
import { ask, bearer, bodies, jsonHeaders, paths } from "./ask.ts";
import type { Cluster } from "./cluster.ts";
import { open } from "./http.ts";

/** What a revocation took at one gateway, in milliseconds. */
export interface RevocationTimes {
  /** From the return of the RPC that revokes to the sending of the last request that was served. */
  readonly servedMs: number;
  /** To the first refusal; negative if it was before the return. */
  readonly refusedMs: number;
  /** To the error event of a stream that was open. */
  readonly cutMs: number;
  /** The later of the two, counted from when the RPC was called: before the commit. */
  readonly sinceCallMs: number;
}

/** A key that was served at every gateway, with a stream of its own open at each. */
export interface WarmKey {
  /** Revokes it at this coderd, and measures every gateway. */
  revoke(owner: CoderdClients): Promise<RevocationTimes[]>;
}

/** Makes the cluster's provider begin streams and never end them; other requests are answered. */
export function stallStreams({ upstream }: Pick<Cluster, "upstream">): void {
  const stalled = cutAfter(messages.textStream(), 1, "stall");
  upstream.always("messages", ({ body }) =>
    body.includes('"stream":true') ? stalled : messages.text("hello"),
  );
}

/** Makes a user for keys to be warmed. */
export async function createOwner({ coderds }: Cluster): Promise<string> {
  const username = `u-${randomUUID().slice(0, 8)}`;
  const { user } = await coderds[0].owner.users.createUser({ username });
  return user?.id ?? "";
}

/** Makes a key that every gateway knows and streams for. */
export async function warmKey(
  { gateways }: Pick<Cluster, "gateways">,
  owner: CoderdClients,
  userId: string,
): Promise<WarmKey> {
  const { apiKey, key } = await owner.apiKeys.createApiKey({ userId });
  const warmed = await Promise.all(gateways.map((gateway) => warmAt(gateway, key)));
  return {
    async revoke(revoker) {
      const calledAt = performance.now();
      const watching = warmed.map(({ watch }) => watch());
      await revoker.apiKeys.revokeApiKey({ id: apiKey?.id ?? "" });
      const returnedAt = performance.now();
      const times = await Promise.all(watching);
      return times.map(({ servedAt, refusedAt, cutAt }) => ({
        servedMs: servedAt - returnedAt,
        refusedMs: refusedAt - returnedAt,
        cutMs: cutAt - returnedAt,
        sinceCallMs: Math.max(refusedAt, cutAt) - calledAt,
      }));
    },
  };
}

async function warmAt({ gatewayUrl }: ServingGateway, key: string) {
  const askIt = () => ask(gatewayUrl, "messages", bearer(key));
  const { status } = await askIt();
  if (status !== 200) throw new Error(`a new key is answered ${status}`);
  const stream = await open(`${gatewayUrl}${paths.messages}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify({ ...bodies.messages, stream: true }),
  });
  const cut = timeOfCut(stream);
  return {
    async watch() {
      const [refusal, cutAt] = await Promise.all([timesOfRefusal(askIt), cut]);
      return { ...refusal, cutAt };
    },
  };
}

/** When a stream ended with an error event of the format; infinite if it ended otherwise. */
async function timeOfCut(stream: IncomingMessage): Promise<number> {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  stream.on("error", () => {});
  await new Promise((resolve) => stream.once("close", resolve));
  const at = performance.now();
  return text.includes("event: error") ? at : Number.POSITIVE_INFINITY;
}

/**
 * Asks until the key is refused: when that was, and when the last request was
 * sent that was not. Refused at infinity if something else came before that.
 */
async function timesOfRefusal(askIt: () => Promise<{ status: number }>) {
  let servedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const askedAt = performance.now();
    // One that had begun to be answered is cut, which is no refusal yet.
    const { status } = await askIt().catch(() => ({ status: 200 }));
    if (status === 403) return { servedAt, refusedAt: performance.now() };
    if (status !== 200) return { servedAt, refusedAt: Number.POSITIVE_INFINITY };
    servedAt = askedAt;
  }
}

/** The value below which this share of the values is; the highest for 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
