import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { type Coderd, startCoderd } from "@aibridge/testing/harness";

/** A coderd that a test may stop, and a fake upstream that is its provider `anthropic`. */
export interface ApartWorld extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly coderd: Coderd;
}

/** Starts both. Gateways are the test's own: `startGateway(coderd)`. */
export async function startApart(): Promise<ApartWorld> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFakeUpstream());
  const coderd = stack.use(await startCoderd());
  await coderd.owner.providers.createProvider({
    name: "anthropic",
    type: ProviderType.ANTHROPIC,
    baseUrl: upstream.url,
    credential: "sk-upstream",
  });
  const owned = stack.move();
  return { upstream, coderd, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
