import { randomUUID } from "node:crypto";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { type Pair, startPair } from "@aibridge/testing/harness";
import { beforeEach } from "@jest/globals";
import { share } from "./share.ts";

/** The provider's own key, which only the gateway knows. */
export const providerKey = "sk-upstream-only-the-gateway-knows";

/** A fake upstream, and a pair that has it as its providers `anthropic` and `openai`. */
export interface World extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  readonly pair: Pair;
}

/** How to start a world; all of it may be left out. */
export interface WorldOptions {
  /** Whether the upstream refuses what a real provider would, other credentials among it. */
  readonly strict?: boolean;
  /** Further variables for the pair, such as deadlines. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a world. Dispose it, or its processes stay. */
export async function startWorld({ strict = false, env = {} }: WorldOptions = {}): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(
    await startFakeUpstream(strict ? { apiKey: providerKey } : { validates: false }),
  );
  const provider = { url: upstream.url, apiKey: providerKey };
  const pair = stack.use(await startPair({ anthropic: provider, openai: provider, env }));
  const owned = stack.move();
  return { upstream, pair, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** One world for all tests of a file, whose upstream forgets between them. */
export function shareWorld(options?: WorldOptions): () => World {
  const world = share(() => startWorld(options));
  beforeEach(() => world().upstream.clear());
  return world;
}

/** A user with a key, made for one test. */
export interface NewUser {
  readonly id: string;
  readonly username: string;
  readonly keyId: string;
  readonly key: string;
}

/** Creates a member and a key. */
export async function createUser(
  { owner }: Pick<Pair, "owner">,
  lifetimeSeconds: number | undefined = undefined,
): Promise<NewUser> {
  const username = `u-${randomUUID().slice(0, 8)}`;
  const { user } = await owner.users.createUser({ username });
  const id = user?.id ?? "";
  const { apiKey, key } = await owner.apiKeys.createApiKey({
    userId: id,
    ...(lifetimeSeconds !== undefined && { lifetime: { seconds: BigInt(lifetimeSeconds) } }),
  });
  return { id, username, keyId: apiKey?.id ?? "", key };
}
