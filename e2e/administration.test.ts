import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { UserRole } from "@aibridge/proto/coder/aibridge/v1/user";
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@aibridge/proto/grpc/health/v1/health";
import { ServerReflection } from "@aibridge/proto/grpc/reflection/v1/reflection";
import { type CoderdClients, coderdClients } from "@aibridge/testing/harness";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { expect } from "@jest/globals";
import { proves } from "./proves.ts";
import { createUser, shareWorld } from "./world.ts";

const world = shareWorld();

/** The transports of every protocol over every version of HTTP that it allows. */
const transports = [
  ["Connect over HTTP/1.1", (o) => createConnectTransport({ ...o, httpVersion: "1.1" })],
  ["Connect over h2c", (o) => createConnectTransport({ ...o, httpVersion: "2" })],
  ["gRPC over h2c", (o) => createGrpcTransport(o)],
  ["gRPC-Web over HTTP/1.1", (o) => createGrpcWebTransport({ ...o, httpVersion: "1.1" })],
  ["gRPC-Web over h2c", (o) => createGrpcWebTransport({ ...o, httpVersion: "2" })],
] as const satisfies readonly (readonly [
  string,
  (options: { baseUrl: string; interceptors: Interceptor[] }) => unknown,
])[];

function presenting(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
}

for (const [title, createTransport] of transports) {
  proves("rpc.protocols", `${title} answers, and refuses with a code`, async () => {
    const { coderdUrl, gatewayKey, apiKey } = world().pair;
    const transport = createTransport({
      baseUrl: coderdUrl,
      interceptors: [presenting(gatewayKey)],
    });
    const client = createClient(AuthorizerService, transport);
    const answer = await client.isAuthorized({ credential: { case: "key", value: apiKey } });
    expect(answer.apiKeyId).toBe(apiKey.slice(0, 10));
    await expect(client.isAuthorized({})).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
}

proves(
  "rpc.health",
  "health says that coderd and its services serve; reflection names them",
  async () => {
    const transport = createGrpcTransport({ baseUrl: world().pair.coderdUrl });
    const health = createClient(Health, transport);
    for (const service of ["", "coder.aibridge.v1.AuthorizerService"]) {
      expect((await health.check({ service })).status).toBe(ServingStatus.SERVING);
    }
    const asked = (async function* () {
      yield { messageRequest: { case: "listServices", value: "" } } as const;
    })();
    const names: string[] = [];
    for await (const answer of createClient(ServerReflection, transport).serverReflectionInfo(
      asked,
    )) {
      if (answer.messageResponse.case !== "listServicesResponse") continue;
      names.push(...answer.messageResponse.value.service.map(({ name }) => name));
    }
    for (const service of ["Authorizer", "User", "ApiKey", "GatewayKey", "Provider"]) {
      expect(names).toContain(`coder.aibridge.v1.${service}Service`);
    }
  },
);

/** Calls that read, and calls that change, none of them about the caller's own. */
const reads: readonly [string, (clients: CoderdClients) => Promise<unknown>][] = [
  ["users.list", ({ users }) => users.listUsers({})],
  ["gatewayKeys.list", ({ gatewayKeys }) => gatewayKeys.listGatewayKeys({})],
  ["providers.list", ({ providers }) => providers.listProviders({})],
];
const changes: readonly [string, (clients: CoderdClients) => Promise<unknown>][] = [
  ["users.create", ({ users }) => users.createUser({ username: "by-role" })],
  ["gatewayKeys.create", ({ gatewayKeys }) => gatewayKeys.createGatewayKey({ name: "by-role" })],
  [
    "providers.create",
    ({ providers }) =>
      providers.createProvider({
        name: "by-role",
        type: ProviderType.OPENAI,
        baseUrl: "http://127.0.0.1:1/v1",
      }),
  ],
];

async function codeOf(call: Promise<unknown>): Promise<Code | undefined> {
  return await call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
}

proves("rpc.roles", "members do neither, auditors read, owners do both", async () => {
  const { pair } = world();
  const auditor = await createUser(pair);
  await pair.owner.users.setUserRole({ id: auditor.id, role: UserRole.AUDITOR });
  const clientsOf = (key: string) => coderdClients(pair.coderdUrl, key);
  for (const [, call] of [...reads, ...changes]) {
    expect(await codeOf(call(clientsOf(pair.apiKey)))).toBe(Code.PermissionDenied);
  }
  for (const [, call] of reads) expect(await codeOf(call(clientsOf(auditor.key)))).toBeUndefined();
  for (const [, call] of changes) {
    expect(await codeOf(call(clientsOf(auditor.key)))).toBe(Code.PermissionDenied);
    expect(await codeOf(call(pair.owner))).toBeUndefined();
  }
});

proves("rpc.no-anonymous", "nobody calls without a live API key, a gateway neither", async () => {
  const { pair } = world();
  const revoked = await createUser(pair);
  await pair.owner.apiKeys.revokeApiKey({ id: revoked.keyId });
  for (const token of [undefined, "nonsense", pair.gatewayKey, revoked.key]) {
    for (const [, call] of [...reads, ...changes]) {
      expect(await codeOf(call(coderdClients(pair.coderdUrl, token)))).toBe(Code.Unauthenticated);
    }
  }
});

proves("rpc.paging", "pages hold every user once, in the order they were created", async () => {
  const { pair } = world();
  const created: string[] = [];
  for (let n = 0; n < 5; n += 1) created.push((await createUser(pair)).id);
  const listed: string[] = [];
  let pageToken = "";
  do {
    const page = await pair.owner.users.listUsers({ pageSize: 2, pageToken });
    expect(page.users.length).toBeLessThanOrEqual(2);
    listed.push(...page.users.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(new Set(listed).size).toBe(listed.length);
  expect(listed.slice(-5)).toEqual(created);
});
