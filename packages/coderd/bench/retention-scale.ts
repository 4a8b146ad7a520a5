/**
 * Lets a day pass over a record with much history, hour by hour, by a clock of
 * its own: days are dropped and made, and it is recorded at a steady rate. Each
 * hour it measures what requests cost, over RPC in time and in the database in
 * pages, and what memory coderd has. Prints a Markdown table. Fails if pages or
 * memory grew: time is that of a machine that may do other things as well.
 *
 *     npm run retention-scale --workspace packages/coderd -- 2000000 24
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService, UsageGrouping } from "@aibridge/proto/coder/aibridge/v1/session";
import { Secret } from "@aibridge/secret";
import { startPostgres } from "@aibridge/testing/postgres";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import pg from "pg";
import { type Bootstrap, bootstrap } from "../src/bootstrap.ts";
import { calledTool, ended, eventOf, started, testId, used } from "../src/services/test-events.ts";
import { openPostgresStore } from "../src/store/open-postgres.ts";
import { fillHistory, userOf } from "../src/store/record/test-history.ts";
import { createPageCounter, type PageCounter } from "../src/store/record/test-page-counter.ts";
import { requestPath } from "../src/store/record/test-request-path.ts";

const hourMs = 3_600_000;
const repetitions = 21;
/** One more than are kept, so that the first is dropped at once. */
const days = 61;
const end = new Date("2030-03-01T18:30:00.000Z");
const size = Number(process.argv[2] ?? 2_000_000);
const hours = Number(process.argv[3] ?? 24);

/** What a request cost in one hour. */
interface Cost {
  readonly ms: number;
  readonly pages: number;
}

interface Hour {
  readonly time: Date;
  readonly costs: Readonly<Record<string, Cost>>;
  readonly dropped: number;
  readonly residentBytes: number;
}

await using server = await startPostgres();
const keys = await prepare();
await using coderd = await startCoderd(server.url);
await using counter = createPageCounter(server.url);
const clients = clientsOf(coderd.url, keys);
const measured: Hour[] = [];
for (let hour = 0; hour < hours; hour += 1) {
  const time = new Date(end.getTime() + hour * hourMs);
  const kept = await coderd.setTime(time);
  const costs = await costsAt(time, counter);
  measured.push({ time, costs, ...kept });
  say(`hour ${hour + 1} of ${hours}`);
}
printTable(measured);
const problems = grown(measured.slice(1, 7), measured.slice(-6));
print(problems.length === 0 ? "\nNothing grew." : `\nGrew:\n${problems.join("\n")}`);
process.exitCode = problems.length === 0 ? 0 : 1;

async function prepare(): Promise<Bootstrap> {
  await using store = await openPostgresStore(new Secret(server.url));
  const made = await bootstrap(store, new Date(end.getTime() - hourMs));
  if (made === undefined) throw new Error("the store is new");
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  say(`filling ${size} interceptions over ${days} days`);
  await fillHistory(store, client, { interceptions: size, users: 500, days, end });
  await client.end();
  return made;
}

async function startCoderd(databaseUrl: string) {
  const child = fork(new URL("./clocked-coderd.ts", import.meta.url), [databaseUrl], {
    execArgv: ["--expose-gc"],
  });
  const answer = async () => Object((await once(child, "message"))[0]);
  const { url } = await answer();
  return {
    url: String(url),
    async setTime(time: Date): Promise<Pick<Hour, "dropped" | "residentBytes">> {
      const answered = answer();
      child.send(time.getTime());
      const { dropped, residentBytes } = await answered;
      return { dropped: Number(dropped), residentBytes: Number(residentBytes) };
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

function clientsOf(baseUrl: string, { gatewayKey, ownerKey }: Bootstrap) {
  const transport = (key: Secret) => {
    const authorize: Interceptor = (next) => (request) => {
      request.header.set("authorization", `Bearer ${key.reveal()}`);
      return next(request);
    };
    return createConnectTransport({ baseUrl, httpVersion: "1.1", interceptors: [authorize] });
  };
  return {
    authorizer: createClient(AuthorizerService, transport(gatewayKey)),
    recorder: createClient(RecorderService, transport(gatewayKey)),
    sessions: createClient(SessionService, transport(ownerKey)),
  };
}

async function costsAt(time: Date, { store, pagesOf }: PageCounter): Promise<Hour["costs"]> {
  const { authorizer, recorder, sessions } = clients;
  const credential = { case: "key", value: keys.userKey.reveal() } as const;
  const [latest] = (await sessions.listSessions({ pageSize: 1 })).sessions;
  const startTime = timestampFromDate(new Date(time.getTime() - 30 * 24 * hourMs));
  const groupBy = [UsageGrouping.MODEL, UsageGrouping.DAY];
  const batches = Math.max(1, Math.round(size / days / 24 / 100));
  const milliseconds = {
    "record 500 events": await medianMs(batches, () =>
      recorder.recordEvents({ events: eventsAt(time) }),
    ),
    "authorize a key": await medianMs(repetitions, () => authorizer.isAuthorized({ credential })),
    "list sessions": await medianMs(repetitions, () => sessions.listSessions({})),
    "list sessions of a model": await medianMs(repetitions, () =>
      sessions.listSessions({ model: "model-3" }),
    ),
    "get a session": await medianMs(repetitions, () =>
      sessions.getSession({ id: latest?.id ?? "" }),
    ),
    "sum usage of 30 days": await medianMs(repetitions, () =>
      sessions.summarizeUsage({ groupBy, filter: { startTime } }),
    ),
  };
  const costs: Record<string, Cost> = {};
  const path = await requestPath(store, time, 100);
  for (const [name, ms] of Object.entries(milliseconds)) {
    const request = path[name];
    if (request === undefined) throw new Error(`${name} is not in the request path`);
    costs[name] = { ms, pages: await pagesOf(request) };
  }
  return costs;
}

/** Of 100 interceptions in ten sessions, each of which answers the one before. */
function eventsAt(time: Date) {
  const session = testId(time);
  return Array.from({ length: 100 }, (_, n) => {
    const id = testId(new Date(time.getTime() + n));
    const start = started(id, {
      initiatorId: userOf(n % 500),
      model: `model-${n % 7}`,
      clientSessionId: `${session}-${n % 10}`,
      correlatingToolCallId: `${session}-${n - 10}`,
    });
    const prompt = { case: "prompt", value: { text: "x".repeat(500) } } as const;
    const call = calledTool(id, `${session}-${n}`);
    return [start, eventOf(id, prompt), used(id, [1n, 2n, 3n, 4n]), call, ended(id)];
  }).flat();
}

async function medianMs(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const startMs = performance.now();
    await work();
    times.push(performance.now() - startMs);
  }
  return median(times);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function printTable(all: readonly Hour[]): void {
  const names = Object.keys(all[0]?.costs ?? {});
  const columns = ["hour", ...names.map((name) => `${name}: ms, pages`), "resident MB", "dropped"];
  print(`| ${columns.join(" | ")} |`);
  print(`|${" --- |".repeat(columns.length)}`);
  for (const { time, costs, residentBytes, dropped } of all) {
    const cells = names.map((name) => {
      const { ms, pages } = costs[name] ?? { ms: 0, pages: 0 };
      return `${ms.toFixed(1)}, ${pages}`;
    });
    const memory = (residentBytes / 1e6).toFixed(0);
    const row = [time.toISOString().slice(11, 16), ...cells, memory, dropped || ""];
    print(`| ${row.join(" | ")} |`);
  }
}

/** What is more in the last hours than in the first, beyond noise. In the very first, caches fill. */
function grown(first: readonly Hour[], last: readonly Hour[]): string[] {
  const most = (of: readonly Hour[], what: (hour: Hour) => number) => Math.max(...of.map(what));
  const compare = (name: string, what: (hour: Hour) => number, noise: number) => {
    const [before, after] = [most(first, what), most(last, what)];
    return after > before * 1.25 + noise ? [`${name}: ${before} -> ${after}`] : [];
  };
  const names = Object.keys(first[0]?.costs ?? {});
  return [
    ...names.flatMap((name) =>
      compare(`${name}, pages`, ({ costs }) => costs[name]?.pages ?? 0, 50),
    ),
    ...compare("resident bytes", ({ residentBytes }) => residentBytes, 8_000_000),
  ];
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
