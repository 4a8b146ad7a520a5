import { expect, test } from "@jest/globals";
import { GatewayKeyRefusedError, NotAuthorizedError } from "./authorizer.ts";
import { keyOf, ownerId, settled, startLiveness } from "./test-liveness.ts";

const revoked = new NotAuthorizedError("unknown key");

// proves: cut.invalidated
test("news of a key ask about it once, and a no cuts all that runs under it and nothing else", async () => {
  const world = startLiveness();
  world.tell();
  const first = await world.run();
  const second = await world.run();
  const other = await world.run(keyOf("otherother"), { apiKeyId: "otherother", ownerId: "o" });
  expect(world.questions).toHaveLength(2);
  world.tell({ revision: 11n, userIds: [ownerId] });
  await settled();
  expect(world.questions).toHaveLength(3);
  await world.question.no(revoked);
  for (const { cuts } of [first, second]) {
    expect(cuts).toMatchObject([{ reason: "unauthorized", status: 403, cause: revoked }]);
  }
  expect(other.cuts).toEqual([]);
});

// proves: cut.invalidated
test("a key that still holds after its news runs on, and is remembered again", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  world.tell({ revision: 11n, apiKeyIds: ["keyidkeyid"] });
  await settled();
  await world.question.yes({ revision: 11n });
  world.clock.pass(100);
  await world.authorize();
  expect([cuts, world.questions.length]).toEqual([[], 2]);
});

// proves: cut.invalidated
test("a service's gateway key that ends cuts as what it is", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  world.tell({ revision: 11n, reset: true });
  await settled();
  await world.question.no(new GatewayKeyRefusedError("invalid gateway key"));
  expect(cuts).toMatchObject([{ reason: "gateway_key_mismatch" }]);
});

// proves: cut.invalidated
test("what has ended is neither asked about nor cut", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts, end } = await world.run();
  end();
  world.tell({ revision: 11n, apiKeyIds: ["keyidkeyid"] });
  world.clock.pass(5_000);
  await settled();
  expect([cuts, world.questions.length]).toEqual([[], 1]);
});

// proves: cut.silence
test("in silence each key in flight is asked about once in 400 ms, and a no cuts", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  await world.run();
  world.clock.pass(399);
  await settled();
  expect(world.questions).toHaveLength(1);
  world.clock.pass(1);
  await settled();
  expect(world.questions).toHaveLength(2);
  await world.question.yes();
  world.clock.pass(399);
  await settled();
  expect(world.questions).toHaveLength(2);
  world.clock.pass(1);
  await settled();
  expect(world.questions).toHaveLength(3);
  await world.question.no(revoked);
  expect(cuts).toMatchObject([{ reason: "unauthorized" }]);
});

// proves: cut.unconfirmed
test("what nobody could confirm for 650 ms is cut as an outage, not as a refusal", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  world.clock.pass(400);
  await settled();
  await world.question.no(new Error("connection refused"));
  world.clock.pass(250);
  expect(cuts).toEqual([]);
  world.clock.pass(1);
  expect(cuts).toMatchObject([{ reason: "authorizer_unavailable", status: 503 }]);
});

// proves: cut.unconfirmed
test("news after a silence confirm all that they do not name", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  world.clock.pass(640);
  world.tell();
  world.clock.pass(300);
  expect(cuts).toEqual([]);
});

// proves: cut.unconfirmed
test("a key that was named and can't be asked about is cut after the bound, though news go on", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run();
  world.tell({ revision: 11n, apiKeyIds: ["keyidkeyid"] });
  await settled();
  await world.question.no(new Error("connection refused"));
  for (let i = 0; i < 6; i++) {
    world.clock.pass(100);
    world.tell({ revision: 11n });
  }
  expect(cuts).toEqual([]);
  world.clock.pass(51);
  expect(cuts).toMatchObject([{ reason: "authorizer_unavailable" }]);
});

// proves: cut.expiry
test("a key that expires in flight is asked about, and cut by the no", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run(keyOf("keyidkeyid"), { expiresAt: 1_000_300 });
  world.clock.pass(299);
  await settled();
  expect(world.questions).toHaveLength(1);
  world.clock.pass(1);
  world.clock.pass(400);
  world.tell();
  await settled();
  expect(world.questions).toHaveLength(2);
  await world.question.no(new NotAuthorizedError("expired"));
  expect(cuts).toMatchObject([{ reason: "unauthorized" }]);
});

// proves: cut.expiry
test("by a clock that is ahead of coderd's, a key that coderd accepts runs on", async () => {
  const world = startLiveness();
  world.tell();
  const { cuts } = await world.run(keyOf("keyidkeyid"), { expiresAt: 1_000_300 });
  for (let i = 0; i < 40; i++) {
    const asked = world.questions.length;
    world.clock.pass(100);
    world.tell();
    await settled();
    if (world.questions.length > asked) await world.question.yes({ expiresAt: 1_000_300 });
  }
  expect(cuts).toEqual([]);
});
