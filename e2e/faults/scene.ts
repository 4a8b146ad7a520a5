import { readdir } from "node:fs/promises";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import {
  type Coderd,
  type ServingGateway,
  startCoderd,
  startGateway,
} from "@aibridge/testing/harness";
import { createProvider } from "../create-provider.ts";
import { eventually } from "../eventually.ts";
import { send } from "../http.ts";

/** A gateway and a coderd as processes of their own, and a provider that a test plays. */
export interface Scene extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderd: Coderd;
  readonly gateway: ServingGateway;
}

/** So that the provider sees as many requests as there are rows. */
const asksOnce = { AIBRIDGE_UPSTREAM_RETRIES: "0" };

/**
 * Starts a scene.
 *
 * @param databaseUrl an empty database; undefined for an embedded store
 * @param env further variables of the gateway
 * @param coderdEnv further variables of coderd
 */
export async function startScene(
  databaseUrl: string | undefined,
  env: Readonly<Record<string, string>> = {},
  coderdEnv: Readonly<Record<string, string>> = {},
): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFakeUpstream({ validates: false }));
  const coderd = stack.use(
    await startCoderd({ ...(databaseUrl !== undefined && { databaseUrl }), env: coderdEnv }),
  );
  for (const name of ["anthropic", "openai"] as const) {
    await createProvider(coderd.owner, name, upstream);
  }
  const gateway = stack.use(await startGateway(coderd, { ...asksOnce, ...env }));
  const owned = stack.move();
  return { upstream, coderd, gateway, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The value of a metric of the gateway that has no labels. */
export async function metric({ adminUrl }: ServingGateway, name: string): Promise<number> {
  const { body } = await send(`${adminUrl}/metrics`);
  const value = new RegExp(`^${name} (\\S+)$`, "m").exec(body.toString())?.[1];
  if (value === undefined) throw new Error(`no metric ${name}`);
  return Number(value);
}

/** A shipper that found nobody tries again after 5 s at most; then there is a load to ship. */
const settleWithinMs = 60_000;

/**
 * Resolves when the gateway has nothing more to tell: its spool is empty by its
 * own account, and, once it was asked to end, on disk as well. It has ended then.
 */
export async function settle(gateway: ServingGateway): Promise<void> {
  await eventually(
    () => metric(gateway, "aibridge_spool_events"),
    (events) => events === 0,
    settleWithinMs,
  );
  // Figures may be a second old. Ending ships whatever came since.
  await gateway.process.stop();
  const left = (await readdir(gateway.spool)).filter((name) => !name.startsWith("owner."));
  if (left.length > 0) throw new Error(`left in the spool: ${left.join(", ")}`);
}
