import { join } from "node:path";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { type ServingGateway, startAibridge, startGateway } from "@aibridge/testing/harness";
import { afterEach, beforeEach, expect } from "@jest/globals";
import { startApart } from "./apart.ts";
import { eventually } from "./eventually.ts";
import { send } from "./http.ts";
import { proves } from "./proves.ts";
import { share } from "./share.ts";
import { withinASecond } from "./within-a-second.ts";
import {
  askOn,
  connectToBoth,
  type RunningStream,
  streamOn,
  type WorkerConnection,
  wholeStream,
} from "./worker-connections.ts";
import { createUser, type NewUser } from "./world.ts";

const world = share(startApart);
let connections: readonly WorkerConnection[] = [];

beforeEach(() => world().upstream.clear());
afterEach(() => {
  for (const { agent } of connections) agent.destroy();
  connections = [];
});

async function startTwo(env: Readonly<Record<string, string>> = {}): Promise<ServingGateway> {
  const gateway = await startGateway(world().coderd, { AIBRIDGE_WORKERS: "2", ...env });
  // What is logged comes a moment after what is served: which processes they are, say.
  for (const worker of [1, 2]) {
    await gateway.process.logged((line) => line.worker === worker && "processId" in line);
  }
  return gateway;
}

/** As many streams in each of two workers. */
async function runStreams(gateway: ServingGateway, user: NewUser, each: number) {
  connections = await connectToBoth(gateway, user.key, each);
  const streams: RunningStream[] = [];
  for (const connection of connections) {
    streams.push(await streamOn(gateway, connection, user.key, world().upstream));
  }
  return streams;
}

/** How the interceptions of a user ended, once there are as many as the provider saw. */
async function endsOf({ id }: NewUser): Promise<Record<string, number>> {
  const { coderd, upstream } = world();
  const seen = upstream.requests.length;
  const { interceptions } = await eventually(
    () => coderd.owner.interceptions.listInterceptions({ filter: { userId: id }, pageSize: 500 }),
    (list) => list.interceptions.filter(({ ended }) => ended).length >= seen,
  );
  expect(interceptions).toHaveLength(seen);
  const ends: Record<string, number> = {};
  for (const { ended } of interceptions) {
    const [name = ""] =
      Object.entries(InterceptionStatus).find(([, status]) => status === ended?.status) ?? [];
    ends[name] = (ends[name] ?? 0) + 1;
  }
  return ends;
}

async function metric({ adminUrl }: ServingGateway, pattern: RegExp): Promise<number> {
  const { body } = await send(`${adminUrl}/metrics`);
  return Number(pattern.exec(body.toString())?.[1]);
}

const requestsServed = /^aibridge_requests_total\{.*status_class="2xx"\} (\d+)$/m;

async function readiness({ adminUrl }: ServingGateway) {
  const answer = await send(`${adminUrl}/readyz`);
  return { status: answer.status, ...(answer.json() as { checks: { workers: unknown } }) };
}

function workersReady(gateway: ServingGateway, ready: number) {
  const wanted = JSON.stringify({ ok: true, ready, of: 2 });
  return eventually(
    () => readiness(gateway),
    ({ checks }) => JSON.stringify(checks.workers) === wanted,
  );
}

/** The process of a worker that runs now. */
function processOf({ process: { logs } }: ServingGateway, worker: number): number {
  const line = logs.all.findLast((logged) => logged.worker === worker && "processId" in logged);
  return Number(line?.processId);
}

async function isCut({ answer }: RunningStream): Promise<boolean> {
  if (!answer.closed) await new Promise((resolve) => answer.once("close", resolve));
  return !answer.complete;
}

proves(
  ["workers.one-port", "workers.metrics"],
  "both serve on one port, one /metrics has the sum, and each request is on record once",
  async () => {
    const { coderd, upstream } = world();
    const user = await createUser(coderd);
    await using gateway = await startTwo();
    connections = await connectToBoth(gateway, user.key, 2);
    const answers = await Promise.all(
      connections.flatMap((connection) =>
        Array.from({ length: 25 }, () => askOn(gateway, connection, user.key)),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(await metric(gateway, requestsServed)).toBe(upstream.requests.length);
    expect(await metric(gateway, /^aibridge_provider_up\{provider="anthropic"\} (\d+)$/m)).toBe(1);
    expect(await endsOf(user)).toEqual({ COMPLETED: upstream.requests.length });
  },
);

proves(
  ["workers.crash", "workers.metrics", "workers.ready"],
  "a worker killed in mid-stream interrupts its streams alone, and is started again",
  async () => {
    const { coderd, upstream } = world();
    const user = await createUser(coderd);
    await using gateway = await startTwo();
    const streams = await runStreams(gateway, user, 3);
    const before = await metric(gateway, requestsServed);
    const killed = processOf(gateway, 1);
    process.kill(killed, "SIGKILL");

    const [lost, kept] = [1, 2].map((worker) => streams.filter((one) => one.worker === worker));
    expect(await Promise.all(lost?.map(isCut) ?? [])).toEqual([true, true, true]);
    const finished = await Promise.all(kept?.map((stream) => stream.finish()) ?? []);
    expect(finished.map((bytes) => bytes.equals(wholeStream))).toEqual([true, true, true]);

    await gateway.process.logged(
      ({ worker, msg }) => worker === 1 && msg === "a worker serves again",
    );
    await workersReady(gateway, 2);
    expect(processOf(gateway, 1)).not.toBe(killed);
    expect(await metric(gateway, requestsServed)).toBe(before + 3);
    expect(await metric(gateway, /^aibridge_workers_lost_total (\d+)$/m)).toBe(1);
    for (const { agent } of connections) agent.destroy();
    connections = await connectToBoth(gateway, user.key, 1);
    const whole = upstream.requests.length - 3;
    expect(await endsOf(user)).toEqual({ INTERRUPTED: 3, COMPLETED: whole });
  },
);

proves(
  "workers.ready",
  "a worker that hangs is not counted as ready, and the other is",
  async () => {
    await using gateway = await startTwo();
    await workersReady(gateway, 2);
    process.kill(processOf(gateway, 2), "SIGSTOP");
    try {
      expect(await workersReady(gateway, 1)).toMatchObject({ status: 200, ready: true });
      process.kill(processOf(gateway, 1), "SIGSTOP");
      const { status } = await eventually(
        () => readiness(gateway),
        (answer) => answer.status !== 200,
      );
      expect(status).toBe(503);
    } finally {
      for (const worker of [1, 2]) process.kill(processOf(gateway, worker), "SIGCONT");
    }
    await workersReady(gateway, 2);
  },
);

proves(
  "workers.keeper-killed",
  "workers end with their keeper, and the next start ends what ran as interrupted",
  async () => {
    const { coderd, upstream } = world();
    const user = await createUser(coderd);
    await using gateway = await startTwo();
    const streams = await runStreams(gateway, user, 2);
    // Only the keeper: its workers notice by themselves. All have its stderr, so
    // it is read to its end only when the last of them is gone.
    gateway.process.signal("SIGKILL");
    expect(await Promise.all(streams.map(isCut))).toEqual([true, true, true, true]);
    expect(await gateway.process.exited).toEqual({ code: null, signal: "SIGKILL" });
    await gateway.restart();
    const whole = upstream.requests.length - 4;
    expect(await endsOf(user)).toEqual({ INTERRUPTED: 4, COMPLETED: whole });
  },
);

proves("workers.drain", "on SIGTERM the streams of both go on to their ends", async () => {
  const { coderd, upstream } = world();
  const user = await createUser(coderd);
  await using gateway = await startTwo();
  const streams = await runStreams(gateway, user, 2);
  gateway.process.signal("SIGTERM");
  await Promise.all(
    [1, 2].map((number) =>
      gateway.process.logged(({ worker, msg }) => worker === number && msg === "draining"),
    ),
  );
  expect((await readiness(gateway)).status).toBe(503);
  const finished = await Promise.all(streams.map((stream) => stream.finish()));
  expect(finished.map((bytes) => bytes.equals(wholeStream))).toEqual(Array(4).fill(true));
  expect(await gateway.process.exited).toEqual({ code: 0, signal: null });
  expect(await endsOf(user)).toEqual({ COMPLETED: upstream.requests.length });
});

proves("workers.drain", "a second SIGTERM cuts the streams of both", async () => {
  const { coderd } = world();
  const user = await createUser(coderd);
  await using gateway = await startTwo();
  const streams = await runStreams(gateway, user, 1);
  gateway.process.signal("SIGTERM");
  await gateway.process.logged(({ msg }) => msg === "draining");
  gateway.process.signal("SIGTERM");
  expect(await Promise.all(streams.map(isCut))).toEqual([true, true]);
  expect((await gateway.process.exited).signal).toBeNull();
  expect(await endsOf(user)).toMatchObject({ COMPLETED: world().upstream.requests.length - 2 });
});

proves("workers.drain", "a worker that hangs does not hold up the end", async () => {
  const { coderd, upstream } = world();
  const user = await createUser(coderd);
  await using gateway = await startTwo({ AIBRIDGE_DRAIN_TIMEOUT: "100ms" });
  const streams = await runStreams(gateway, user, 1);
  process.kill(processOf(gateway, 1), "SIGSTOP");
  gateway.process.signal("SIGTERM");
  expect(await Promise.all(streams.map(isCut))).toEqual([true, true]);
  expect((await gateway.process.exited).signal).toBeNull();
  expect(await endsOf(user)).toMatchObject({
    INTERRUPTED: 1,
    COMPLETED: upstream.requests.length - 2,
  });
});

proves("workers.revocation", "a revoked key is refused by both within a second", async () => {
  const { coderd } = world();
  const user = await createUser(coderd);
  await using gateway = await startTwo();
  connections = await connectToBoth(gateway, user.key, 1);
  await coderd.owner.apiKeys.revokeApiKey({ id: user.keyId });
  await withinASecond(
    () => Promise.all(connections.map((connection) => askOn(gateway, connection, user.key))),
    (answers) => answers.every(({ status }) => status === 403),
  );
});

proves("workers.port-in-use", "the port of other workers is not shared with them", async () => {
  const { url, gatewayKey } = world().coderd;
  await using gateway = await startTwo();
  const { host } = new URL(gateway.gatewayUrl);
  await using second = startAibridge(["aibridged", "--json", "--workers", "2"], {
    AIBRIDGE_GATEWAY_LISTEN: host,
    AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
    AIBRIDGE_CODERD_URL: url,
    AIBRIDGE_GATEWAY_KEY: gatewayKey,
    AIBRIDGE_SPOOL: join(gateway.spool, "of-the-second"),
  });
  expect(await second.exited).toEqual({ code: 1, signal: null });
  expect(second.logs.tail()).toContain(`can't listen on ${host}: the port is in use`);
});
