import {
  type FakeUpstream,
  type FakeUpstreamOptions,
  startFakeUpstream,
} from "@aibridge/testing/fake-upstream";
import { type Coderd, startCoderd } from "@aibridge/testing/harness";
import { createProvider } from "./create-provider.ts";

/** A coderd that a test may stop, and a fake upstream that is its provider `anthropic`. */
export interface ApartWorld extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderd: Coderd;
}

/**
 * Starts both, the upstream as these options say, coderd on an empty database or
 * an embedded store. Gateways are the test's own: `startGateway(coderd)`.
 */
export async function startApart(
  options: FakeUpstreamOptions = {},
  databaseUrl?: string,
): Promise<ApartWorld> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFakeUpstream(options));
  const coderd = stack.use(await startCoderd(databaseUrl === undefined ? {} : { databaseUrl }));
  await createProvider(coderd.owner, "anthropic", upstream);
  const owned = stack.move();
  return { upstream, coderd, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
