import { Secret } from "@aibridge/secret";
import { expect, test } from "@jest/globals";
import { GatewayKeyRefusedError, NotAuthorizedError } from "./authorizer.ts";
import { gatewayKeyId, keyOf, never, ownerId, settled, startLiveness } from "./test-liveness.ts";

/** One that has accepted a key, at revision 10, and hears of news. */
async function startRemembering() {
  const world = startLiveness();
  world.tell();
  const asking = world.authorize();
  await world.question.yes();
  await asking;
  return world;
}

// proves: liveness.remembered
test("a key that was accepted is asked about once for 1,000 requests, without a promise", async () => {
  const { liveness, questions } = await startRemembering();
  for (let i = 0; i < 1_000; i++) {
    const grant = liveness.authorize(keyOf("keyidkeyid"), "192.0.2.1", never);
    expect(grant).toMatchObject({ authorization: { ownerId } });
  }
  expect(questions).toHaveLength(1);
});

// proves: liveness.silence
test("once nothing was heard for the silence bound each request asks, until something is heard", async () => {
  const { authorize, clock, questions, tell } = await startRemembering();
  clock.pass(399);
  await authorize();
  expect(questions).toHaveLength(1);
  clock.pass(1);
  for (const count of [2, 3]) {
    const asking = authorize();
    expect(questions).toHaveLength(count);
    await questions.at(-1)?.yes();
    await asking;
  }
  tell();
  await authorize();
  expect(questions).toHaveLength(3);
});

// proves: liveness.silence
test("what was answered before anything was heard is not remembered", async () => {
  const world = startLiveness();
  const asking = world.authorize();
  await world.question.yes({ revision: 9n });
  await asking;
  world.tell({ revision: 10n });
  void world.authorize();
  await settled();
  expect(world.questions).toHaveLength(2);
});

// proves: liveness.invalidated
test.each([
  { apiKeyIds: ["keyidkeyid"] },
  { userIds: [ownerId] },
  { gatewayKeyIds: [gatewayKeyId] },
  { reset: true },
  { reset: true, revision: 1n },
])("news of %j end what is remembered of the key", async (news) => {
  const { authorize, questions, question, tell } = await startRemembering();
  tell({ revision: 11n, ...news });
  const asking = authorize();
  expect(questions).toHaveLength(2);
  await questions[1]?.yes({ revision: 11n });
  await asking;
  await authorize();
  expect(questions).toHaveLength(2);
  expect(question.credential).toMatchObject({ kind: "key" });
});

// proves: liveness.invalidated
test("news of others end nothing", async () => {
  const { authorize, questions, tell } = await startRemembering();
  tell({ revision: 11n, apiKeyIds: ["otherother"], userIds: ["o"], gatewayKeyIds: ["g"] });
  await authorize();
  expect(questions).toHaveLength(1);
});

// proves: liveness.overtaken
test.each([
  ["the key", { apiKeyIds: ["keyidkeyid"] }],
  ["everything", { reset: true }],
])("an answer that news of %s overtook on its way is asked for again", async (_, news) => {
  const world = startLiveness();
  world.tell();
  const asking = world.authorize();
  world.tell({ revision: 12n, ...news });
  await world.question.yes({ revision: 11n });
  expect(world.questions).toHaveLength(2);
  await world.question.yes({ revision: 12n });
  await asking;
  await world.authorize();
  expect(world.questions).toHaveLength(2);
});

// proves: liveness.overtaken
test("one whose answers stay behind what was told gets no answer believed", async () => {
  const world = startLiveness();
  world.tell({ revision: 10n });
  const asking = world.authorize();
  const rejected = expect(asking).rejects.toThrow("older than the changes");
  for (let i = 0; i < 3; i++) await world.question.yes({ revision: 9n });
  await rejected;
  expect(world.questions).toHaveLength(3);
});

// proves: liveness.silence
test("news from one who knows less than was told attest nothing", async () => {
  const { authorize, clock, questions, tell } = await startRemembering();
  tell({ revision: 12n });
  clock.pass(300);
  tell({ revision: 11n });
  clock.pass(200);
  void authorize();
  await settled();
  expect(questions).toHaveLength(2);
});

// proves: liveness.expiry
test("a key is remembered until it expires, and then asked about", async () => {
  const world = startLiveness();
  world.tell();
  const asking = world.authorize();
  await world.question.yes({ expiresAt: 1_000_100 });
  await asking;
  world.clock.pass(99);
  await world.authorize();
  expect(world.questions).toHaveLength(1);
  world.clock.pass(1);
  const refused = expect(world.authorize()).rejects.toMatchObject({ reason: "expired" });
  await world.question.no(new NotAuthorizedError("expired"));
  await refused;
  expect(world.questions).toHaveLength(2);
});

// proves: liveness.single-flight
test("100 first requests of a key ask once, and the first one's leaving hurts nobody", async () => {
  const world = startLiveness();
  world.tell();
  const leaving = new AbortController();
  const first = world.authorize(keyOf("keyidkeyid"), undefined, leaving.signal);
  const others = Array.from({ length: 99 }, () => world.authorize());
  leaving.abort(new Error("left"));
  await expect(first).rejects.toThrow("left");
  expect(world.question.signal.aborted).toBe(false);
  await world.question.yes();
  expect(await Promise.all(others)).toHaveLength(99);
  expect(world.questions).toHaveLength(1);
});

// proves: liveness.by-hash
test("a direct credential, delegated ones of each service, and other keys are remembered apart", async () => {
  const world = startLiveness();
  world.tell();
  const delegated = { kind: "key-id", keyId: "keyidkeyid" } as const;
  const credentials = [
    keyOf("keyidkeyid"),
    keyOf("otherother"),
    delegated,
    { ...delegated, gatewayKey: new Secret("first") },
    { ...delegated, gatewayKey: new Secret("second") },
  ];
  for (const round of [1, 2]) {
    for (const credential of credentials) {
      const asking = world.authorize(credential);
      await world.question.yes();
      await asking;
    }
    expect([round, world.questions.length]).toEqual([round, 5]);
  }
});

// proves: liveness.refused-memory
test.each(["unknown key", "invalid key"])(
  "a refusal with %j is remembered for a second from the question on, and no longer",
  async (reason) => {
    const world = startLiveness();
    world.tell();
    const refused = expect(world.authorize()).rejects.toMatchObject({ reason });
    world.clock.pass(300);
    await world.question.no(new NotAuthorizedError(reason));
    await refused;
    world.clock.pass(699);
    await expect(world.authorize()).rejects.toMatchObject({ reason });
    expect(world.questions).toHaveLength(1);
    world.clock.pass(2);
    world.tell();
    const asking = world.authorize();
    expect(world.questions).toHaveLength(2);
    await world.question.yes();
    await asking;
  },
);

// proves: liveness.refused-memory
test.each([
  new NotAuthorizedError("expired"),
  new NotAuthorizedError("inactive user"),
  new GatewayKeyRefusedError("invalid gateway key"),
  new Error("no answer"),
])("%s is not remembered", async (error) => {
  const world = startLiveness();
  world.tell();
  for (const count of [1, 2]) {
    const refused = expect(world.authorize()).rejects.toBe(error);
    expect(world.questions).toHaveLength(count);
    await world.question.no(error);
    await refused;
  }
});

// proves: liveness.refused-memory
test("a flood of wrong keys evicts no good one", async () => {
  const world = await startRemembering();
  for (let i = 0; i < 20_000; i++) {
    const refused = world.authorize(keyOf(String(i).padStart(10, "x"))).catch(() => {});
    void world.question.no(new NotAuthorizedError("unknown key"));
    await refused;
  }
  const asked = world.questions.length;
  world.tell();
  await world.authorize();
  expect(world.questions).toHaveLength(asked);
});

// proves: liveness.too-late
test("while nothing is heard, an answer that took longer than the bound is not believed but asked for again", async () => {
  const world = startLiveness();
  const rejected = expect(world.authorize()).rejects.toThrow("came too late");
  for (const count of [1, 2, 3]) {
    expect(world.questions).toHaveLength(count);
    world.clock.pass(651);
    await world.question.yes();
  }
  await rejected;
});

// proves: liveness.too-late
test("an answer that took long is believed if news came after it that do not name it", async () => {
  const world = startLiveness();
  world.tell();
  const asking = world.authorize();
  world.clock.pass(3_000);
  world.tell();
  await world.question.yes();
  expect(await asking).toMatchObject({ authorization: { ownerId } });
});

/** Fails with 20 different keys from this address. */
async function failOften(world: ReturnType<typeof startLiveness>, from: string) {
  for (let i = 0; i < 20; i++) {
    const refused = world.authorize(keyOf(`wrong${i}`.padEnd(10, "x")), from).catch(() => {});
    await world.question.no(new NotAuthorizedError("unknown key"));
    await refused;
  }
}

// proves: liveness.failing-address
test("questions from an address that failed 20 times go one at a time, and a good key gets in", async () => {
  const world = await startRemembering();
  await failOften(world, "192.0.2.1");
  const asked = world.questions.length;
  const guess = world.authorize(keyOf("guessguess"), "192.0.2.1").catch(() => {});
  const good = world.authorize(keyOf("goodgoodgo"), "192.0.2.1");
  await settled();
  expect(world.questions).toHaveLength(asked + 1);
  // A key that is known is served meanwhile, and another address is asked about at once.
  await world.authorize(keyOf("keyidkeyid"), "192.0.2.1");
  void world.authorize(keyOf("elsewhere1"), "192.0.2.2");
  await settled();
  expect(world.questions).toHaveLength(asked + 2);
  await world.questions[asked]?.no(new NotAuthorizedError("unknown key"));
  await guess;
  await settled();
  expect(world.questions).toHaveLength(asked + 3);
  await world.question.yes({ apiKeyId: "goodgoodgo" });
  await good;
  await world.authorize(keyOf("goodgoodgo"), "192.0.2.1");
  expect(world.questions).toHaveLength(asked + 3);
});

// proves: liveness.failing-address
test("of more than 32 that wait from one address the next is turned away, and the lane is free after them", async () => {
  const world = await startRemembering();
  await failOften(world, "2001:db8:0:1::5");
  const asked = world.questions.length;
  const leaving = new AbortController();
  const waiting = Array.from({ length: 33 }, (_, i) =>
    world
      .authorize(keyOf(`guess${i}`.padEnd(10, "x")), `2001:db8:0:1::${i}`, leaving.signal)
      .catch((error: Error) => error.message),
  );
  await expect(world.authorize(keyOf("onetoomany"), "2001:db8:0:1:f::1")).rejects.toMatchObject({
    name: "TooManyAttemptsError",
  });
  leaving.abort(new Error("left"));
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(["left"]));
  // Leaving does not cancel a question: it would let the next one overtake it.
  const next = world.authorize(keyOf("nextnextne"), "2001:db8:0:1::1");
  await settled();
  expect(world.questions).toHaveLength(asked + 1);
  await world.question.no(new NotAuthorizedError("unknown key"));
  await settled();
  await world.question.yes();
  await next;
});

// proves: liveness.failing-address
test("an address is free again 10 s after the first of its failures, and in-process callers have none", async () => {
  const world = await startRemembering();
  await failOften(world, "192.0.2.1");
  world.clock.pass(10_001);
  const asked = world.questions.length;
  for (const id of ["guess00001", "guess00002"]) void world.authorize(keyOf(id), "192.0.2.1");
  await settled();
  expect(world.questions).toHaveLength(asked + 2);
});
