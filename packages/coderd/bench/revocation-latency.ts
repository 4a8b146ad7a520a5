/**
 * Shows how soon gateways are told of a revocation: from the answer of the call
 * that revokes a key at one coderd, to the message at a client that watches
 * another, both on one PostgreSQL. Prints percentiles in milliseconds, and the
 * gaps between the messages of an idle stream.
 *
 *     npm run revocation-latency --workspace packages/coderd -- 1000
 */
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { Secret } from "@aibridge/secret";
import { startPostgres } from "@aibridge/testing/postgres";
import type { Transport } from "@connectrpc/connect";
import { startTestCoderd } from "../src/services/test-coderd.ts";
import { streamTransports, watch } from "../src/services/test-watch.ts";
import { openPostgresStore } from "../src/store/open-postgres.ts";

const [revocations = 1_000] = process.argv.slice(2).map(Number);
const idleMessages = 200;

await using server = await startPostgres();
await using changed = await startTestCoderd({
  store: await openPostgresStore(new Secret(server.url)),
});
await using watched = await startTestCoderd({
  store: await openPostgresStore(new Secret(server.url)),
});
const gateway = await changed.createGatewayKey(false);
for (const { name, connectTo } of streamTransports) {
  await measure(name, connectTo(watched.url));
}
await measureReads();

async function measure(name: string, transport: Transport): Promise<void> {
  await using stream = watch(AuthorizerService, transport, gateway.key, (client, options) =>
    client.watchInvalidations({}, options),
  );
  await stream.next();
  const gapsMs: number[] = [];
  let lastMs = performance.now();
  for (let count = 0; count < idleMessages; count += 1) {
    await stream.next();
    const nowMs = performance.now();
    gapsMs.push(nowMs - lastMs);
    lastMs = nowMs;
  }
  print(`${name}: between messages`, gapsMs);

  const latenciesMs: number[] = [];
  for (let count = 0; count < revocations; count += 1) {
    const { keyId } = await changed.createUser("member");
    const told = stream
      .until(({ apiKeyIds }) => apiKeyIds.includes(keyId))
      .then(() => performance.now());
    await changed.store.apiKeys.revoke(keyId, new Date());
    const committedMs = performance.now();
    latenciesMs.push(Math.max(0, (await told) - committedMs));
  }
  print(`${name}: commit to message`, latenciesMs);
}

/** The one read of IsAuthorized, without the RPC around it. */
async function measureReads(): Promise<void> {
  const { keyId } = await changed.createUser("member");
  const readsMs: number[] = [];
  for (let count = 0; count < 5_000; count += 1) {
    const startMs = performance.now();
    await changed.store.authorizations.read({ apiKeyId: keyId });
    readsMs.push(performance.now() - startMs);
  }
  print("the authorization read", readsMs.slice(1_000));
}

function print(title: string, valuesMs: readonly number[]): void {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(2);
  process.stdout.write(
    `${title} (${sorted.length}): p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms\n`,
  );
}
