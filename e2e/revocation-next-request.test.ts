import { randomUUID } from "node:crypto";
import { type CoderdClients, startGateway } from "@aibridge/testing/harness";
import { describeWithDatabase } from "@aibridge/testing/postgres-suite";
import { describe, expect, jest } from "@jest/globals";
import { startApart } from "./apart.ts";
import { ask, bearer } from "./ask.ts";
import type { HeaderList } from "./http.ts";
import { proves } from "./proves.ts";
import { share } from "./share.ts";
import { createUser, type NewUser } from "./world.ts";

// A hundred users with two keys each take their time on a busy machine.
jest.setTimeout(180_000);

/** A gateway that watches the one coderd there is. */
async function startOne(databaseUrl?: string) {
  await using stack = new AsyncDisposableStack();
  const { coderd } = stack.use(await startApart({ validates: false }, databaseUrl));
  const { gatewayUrl } = stack.use(await startGateway(coderd));
  const owned = stack.move();
  return { coderd, gatewayUrl, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type One = Awaited<ReturnType<typeof startOne>>;

async function statusAt(gatewayUrl: string, headers: HeaderList): Promise<number> {
  const { status } = await ask(gatewayUrl, "messages", headers);
  return status;
}

/** A new gateway key that may delegate, and the headers of a service that acts for a user by it. */
async function createService(owner: CoderdClients, { keyId }: NewUser) {
  const name = `s-${randomUUID().slice(0, 8)}`;
  const { key, gatewayKey } = await owner.gatewayKeys.createGatewayKey({ name, canDelegate: true });
  const headers: HeaderList = [
    ["X-Coder-AI-Gateway-Key", key],
    ["X-Coder-AI-Gateway-Delegated-Key-ID", keyId],
    ["X-Coder-AI-Gateway-Source", "agents"],
  ];
  return { id: gatewayKey?.id ?? "", headers };
}

/** What ends a user's key, or the key of the service that acts for the user. */
type End = (owner: CoderdClients, user: NewUser, service: { id: string }) => Promise<unknown>;

const ends: readonly [string, End][] = [
  ["RevokeApiKey", ({ apiKeys }, { keyId }) => apiKeys.revokeApiKey({ id: keyId })],
  ["SuspendUser", ({ users }, { id }) => users.suspendUser({ id })],
  ["DeleteUser", ({ users }, { id }) => users.deleteUser({ id })],
  ["RevokeGatewayKey", ({ gatewayKeys }, _, { id }) => gatewayKeys.revokeGatewayKey({ id })],
];

/** Has a gateway learn a new key, direct and delegated; ends it; and asks once more, at once. */
async function statusesAround(end: End, { coderd: { owner }, gatewayUrl }: One): Promise<string> {
  const user = await createUser({ owner });
  const service = await createService(owner, user);
  const direct = () => statusAt(gatewayUrl, bearer(user.key));
  const delegated = () => statusAt(gatewayUrl, service.headers);
  const before = [await direct(), await delegated()];
  await end(owner, user, service);
  const after = await Promise.all([direct(), delegated()]);
  return `${before} then ${after}`;
}

/** What holds on every store. */
function contract(one: () => One): void {
  proves(
    "revocation.next-request",
    "100 times in a row: once the call that ends a key is answered, the very next request is refused",
    async () => {
      const seen: string[] = [];
      for (let turn = 0; turn < 25; turn += 1) {
        for (const [call, end] of ends) seen.push(`${call}: ${await statusesAround(end, one())}`);
      }
      expect(seen).toHaveLength(100);
      expect([...new Set(seen)]).toEqual([
        "RevokeApiKey: 200,200 then 403,403",
        "SuspendUser: 200,200 then 403,403",
        "DeleteUser: 200,200 then 403,403",
        "RevokeGatewayKey: 200,200 then 200,401",
      ]);
    },
  );

  proves(
    ["revocation.next-request", "outage.gateway-key"],
    "the request after the revocation of a gateway's own key is an outage at that gateway",
    async () => {
      const { coderd } = one();
      const { owner, url, apiKey } = coderd;
      const { key, gatewayKey } = await owner.gatewayKeys.createGatewayKey({ name: "its-own" });
      await using gateway = await startGateway({ url, gatewayKey: key });
      const askIt = () => statusAt(gateway.gatewayUrl, bearer(apiKey));
      expect([await askIt(), await askIt()]).toEqual([200, 200]);
      await owner.gatewayKeys.revokeGatewayKey({ id: gatewayKey?.id ?? "" });
      expect([await askIt(), await askIt()]).toEqual([503, 503]);
    },
  );
}

describe("a coderd on an embedded store", () => {
  contract(share(() => startOne()));
});

describeWithDatabase("a coderd on PostgreSQL", (databaseUrl) => {
  contract(share(() => startOne(databaseUrl())));
});
