import { expect } from "@jest/globals";
import { ask, bearer } from "./ask.ts";
import { proves } from "./proves.ts";
import { createUser, shareWorld } from "./world.ts";

const world = shareWorld();

async function statusFor(key: string): Promise<number> {
  const { status } = await ask(world().pair.gatewayUrl, "messages", bearer(key));
  return status;
}

proves(
  "revocation.key",
  "the request after its revocation is refused; other keys live on",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const { key: other } = await pair.owner.apiKeys.createApiKey({ userId: user.id });
    expect([await statusFor(user.key), await statusFor(other)]).toEqual([200, 200]);
    await pair.owner.apiKeys.revokeApiKey({ id: user.keyId });
    const served = upstream.requests.length;
    expect([await statusFor(user.key), await statusFor(other)]).toEqual([403, 200]);
    expect(upstream.requests.length).toBe(served + 1);
  },
);

proves("revocation.suspended", "a suspended user's keys are refused until activation", async () => {
  const { pair } = world();
  const user = await createUser(pair);
  expect(await statusFor(user.key)).toBe(200);
  await pair.owner.users.suspendUser({ id: user.id });
  expect(await statusFor(user.key)).toBe(403);
  await pair.owner.users.activateUser({ id: user.id });
  expect(await statusFor(user.key)).toBe(200);
});

proves(
  "revocation.deleted",
  "a deleted user's keys are refused, also when the name is taken again",
  async () => {
    const { pair } = world();
    const user = await createUser(pair);
    expect(await statusFor(user.key)).toBe(200);
    await pair.owner.users.deleteUser({ id: user.id });
    expect(await statusFor(user.key)).toBe(403);
    await pair.owner.users.createUser({ username: user.username });
    expect(await statusFor(user.key)).toBe(403);
  },
);

proves("revocation.expired", "a key is refused from its expiry on", async () => {
  const { pair } = world();
  const user = await createUser(pair, 1);
  expect(await statusFor(user.key)).toBe(200);
  // Asked over and over: the moment of expiry is coderd's to tell.
  const deadline = AbortSignal.timeout(20_000);
  while ((await statusFor(user.key)) === 200) deadline.throwIfAborted();
  expect(await statusFor(user.key)).toBe(403);
});
