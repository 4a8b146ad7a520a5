import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { Secret } from "@aibridge/secret";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { afterAll, beforeAll, beforeEach, describe, expect, jest } from "@jest/globals";
import { openEmbeddedStore } from "../store/open-embedded.ts";
import { openPostgresStore } from "../store/open-postgres.ts";
import type { Store } from "../store/store.ts";
import { startTestCoderd, type TestCoderd, type TestUser } from "./test-coderd.ts";
import type { TestEvent } from "./test-events.ts";

/** When tests of the record take place. */
export const now = new Date("2030-01-01T12:00:00.000Z");

/** So long before now. */
export function before(seconds: number): Date {
  return new Date(now.getTime() - seconds * 1_000);
}

/** What tests of the record use. Only inside of tests and hooks. */
export interface RecordScene {
  readonly coderd: TestCoderd;
  /** Whose record each test makes: a member without any yet. */
  readonly ada: TestUser;
  /** The key of an auditor. */
  readonly auditor: string;
  /** Records a batch, and returns what was rejected of it. */
  record(...events: TestEvent[]): Promise<{ id: string; reason: string }[]>;
  interceptions(key?: string): ReturnType<typeof interceptionClient>;
  sessions(key?: string): ReturnType<typeof sessionClient>;
}

/** Describes what the record promises, on every database that it can be in. */
export function describeRecord(title: string, suite: (scene: RecordScene) => void): void {
  // To make an embedded database takes seconds, and many on a busy machine.
  jest.setTimeout(120_000);
  describe(`${title}, on the embedded database`, () => {
    suite(prepare(() => openEmbeddedStore()));
  });
  describeWithDatabase(`${title}, on PostgreSQL`, (url) => {
    suite(prepare(() => openPostgresStore(new Secret(url()))));
  });
}

function prepare(open: () => Promise<Store>): RecordScene {
  let made: { coderd: TestCoderd; gatewayKey: string; auditor: string } | undefined;
  let ada: TestUser | undefined;
  beforeAll(async () => {
    const coderd = await startTestCoderd({ store: await open() });
    coderd.clock.now = now;
    const { key: gatewayKey } = await coderd.createGatewayKey(false);
    const { key: auditor } = await coderd.createUser("auditor");
    made = { coderd, gatewayKey, auditor };
  });
  beforeEach(async () => {
    ada = await made?.coderd.createUser("member");
  });
  afterAll(async () => {
    made?.coderd.expectNoSecretLogged();
    expect(made?.coderd.logLines.join("")).not.toMatch(/the prompt|the arguments|the thought/);
    await made?.coderd[Symbol.asyncDispose]();
  });
  const there = () => madeBefore(made);
  return {
    get coderd() {
      return there().coderd;
    },
    get ada() {
      return madeBefore(ada);
    },
    get auditor() {
      return there().auditor;
    },
    async record(...events) {
      const { coderd, gatewayKey } = there();
      return (await coderd.client(RecorderService, gatewayKey).recordEvents({ events })).rejected;
    },
    interceptions: (key = madeBefore(ada).key) => interceptionClient(there().coderd, key),
    sessions: (key = madeBefore(ada).key) => sessionClient(there().coderd, key),
  };
}

function madeBefore<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("it is there from the hooks on");
  return thing;
}

function interceptionClient(coderd: TestCoderd, key: string) {
  return coderd.client(InterceptionService, key);
}

function sessionClient(coderd: TestCoderd, key: string) {
  return coderd.client(SessionService, key);
}
