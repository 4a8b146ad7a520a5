import { ApiKeyService } from "@aibridge/proto/coder/aibridge/v1/api_key";
import { AuthorizerService } from "@aibridge/proto/coder/aibridge/v1/authorizer";
import { GatewayKeyService } from "@aibridge/proto/coder/aibridge/v1/gateway_key";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { MCPConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/mcp_configurator";
import { MCPServerService } from "@aibridge/proto/coder/aibridge/v1/mcp_server";
import { ProviderService } from "@aibridge/proto/coder/aibridge/v1/provider";
import { ProviderConfiguratorService } from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { RecorderService } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { services } from "./routes.ts";
import { startTestCoderd, type TestCoderd } from "./test-coderd.ts";

// To make an embedded database takes seconds, and many on a busy machine.
jest.setTimeout(120_000);

let coderd: TestCoderd;
const bearers: Record<string, string> = {};

beforeAll(async () => {
  coderd = await startTestCoderd();
  for (const role of ["owner", "auditor", "member"] as const) {
    bearers[role] = (await coderd.createUser(role)).key;
  }
  bearers.gateway = (await coderd.createGatewayKey(true)).key;
});

afterAll(async () => {
  coderd.expectNoSecretLogged();
  await coderd[Symbol.asyncDispose]();
});

const callers = ["owner", "auditor", "member", "gateway"];

/** Who gets as far as the handler, by RPC: the promise made by the comments in proto/. */
const mayCall: ReadonlyArray<readonly [DescService, string, readonly string[]]> = [
  [AuthorizerService, "isAuthorized", ["gateway"]],
  [AuthorizerService, "watchInvalidations", ["gateway"]],
  [ProviderConfiguratorService, "getProviders", ["gateway"]],
  [ProviderConfiguratorService, "watchProviders", ["gateway"]],
  [UserService, "createUser", ["owner"]],
  [UserService, "getUser", ["owner", "auditor", "member"]],
  [UserService, "listUsers", ["owner", "auditor"]],
  [UserService, "setUserRole", ["owner"]],
  [UserService, "suspendUser", ["owner"]],
  [UserService, "activateUser", ["owner"]],
  [UserService, "deleteUser", ["owner"]],
  [ApiKeyService, "createApiKey", ["owner", "auditor", "member"]],
  [ApiKeyService, "getApiKey", ["owner", "auditor", "member"]],
  [ApiKeyService, "listApiKeys", ["owner", "auditor", "member"]],
  [ApiKeyService, "revokeApiKey", ["owner", "auditor", "member"]],
  [GatewayKeyService, "createGatewayKey", ["owner"]],
  [GatewayKeyService, "getGatewayKey", ["owner", "auditor"]],
  [GatewayKeyService, "listGatewayKeys", ["owner", "auditor"]],
  [GatewayKeyService, "revokeGatewayKey", ["owner"]],
  [ProviderService, "createProvider", ["owner"]],
  [ProviderService, "getProvider", ["owner", "auditor"]],
  [ProviderService, "listProviders", ["owner", "auditor"]],
  [ProviderService, "updateProvider", ["owner"]],
  [ProviderService, "enableProvider", ["owner"]],
  [ProviderService, "disableProvider", ["owner"]],
  [ProviderService, "addProviderKey", ["owner"]],
  [ProviderService, "listProviderKeys", ["owner", "auditor"]],
  [ProviderService, "removeProviderKey", ["owner"]],
  [ProviderService, "deleteProvider", ["owner"]],
  [RecorderService, "recordEvents", ["gateway"]],
  [InterceptionService, "listInterceptions", ["owner", "auditor", "member"]],
  // Members read their own; an empty request names nothing, which is invalid for all.
  [InterceptionService, "getInterception", ["owner", "auditor", "member"]],
  [SessionService, "listSessions", ["owner", "auditor", "member"]],
  [SessionService, "getSession", ["owner", "auditor", "member"]],
  [SessionService, "summarizeUsage", ["owner", "auditor", "member"]],
  [MCPServerService, "createMCPServer", ["owner"]],
  [MCPServerService, "getMCPServer", ["owner", "auditor", "member"]],
  [MCPServerService, "listMCPServers", ["owner", "auditor", "member"]],
  [MCPServerService, "updateMCPServer", ["owner"]],
  [MCPServerService, "deleteMCPServer", ["owner"]],
  [MCPServerService, "startMCPServerLogin", ["owner", "auditor", "member"]],
  [MCPServerService, "completeMCPServerLogin", ["owner", "auditor", "member"]],
  [MCPServerService, "logoutMCPServer", ["owner", "auditor", "member"]],
  [MCPConfiguratorService, "getMCPServerConfigs", ["gateway"]],
  [MCPConfiguratorService, "getMCPServerAccessTokensBatch", ["gateway"]],
];

test("the table names every RPC", () => {
  const named = mayCall.map(([service, method]) => `${service.typeName}/${method}`).sort();
  const all = services.flatMap((service) =>
    service.methods.map((method) => `${service.typeName}/${method.localName}`),
  );
  expect(named).toEqual(all.sort());
});

// proves: mcp.roles
describe.each(mayCall.map(([service, name, who]) => ({ service, name, who })))(
  "$service.typeName/$name",
  ({ service, name, who }) => {
    const method = service.methods.find(({ localName }) => localName === name);

    test.each(callers)("called by: %s", async (caller) => {
      const code = await codeOf(method, bearers[caller] ?? "");
      const isGatewayCall = who.includes("gateway");
      if (who.includes(caller)) {
        expect(code).not.toBe(Code.Unauthenticated);
        expect(code).not.toBe(Code.PermissionDenied);
      } else if (caller === "gateway" || isGatewayCall) {
        // The other kind of key: not somebody with too few rights, but nobody.
        expect(code).toBe(Code.Unauthenticated);
      } else {
        expect(code).toBe(Code.PermissionDenied);
      }
    });

    test.each([
      ["nothing", ""],
      ["no key", "hello"],
      ["an unknown API key", `AAAAAAAAAA-${"x".repeat(22)}`],
      ["an unknown gateway key", "x".repeat(43)],
    ])("called with %s: unauthenticated", async (_, bearer) => {
      expect(await codeOf(method, bearer)).toBe(Code.Unauthenticated);
    });
  },
);

/** Calls with an empty request. What the handler makes of it does not matter here. */
async function codeOf(method: DescMethod | undefined, bearer: string): Promise<Code | undefined> {
  if (method === undefined) throw new Error("no such method");
  const header = bearer === "" ? {} : { authorization: `Bearer ${bearer}` };
  try {
    await call(method, header);
    return undefined;
  } catch (error) {
    return ConnectError.from(error).code;
  }
}

/** Resolves with the answer, or with the first message of a stream. */
async function call(method: DescMethod, header: Record<string, string>): Promise<void> {
  const transport = createConnectTransport({ baseUrl: coderd.url, httpVersion: "1.1" });
  const left = new AbortController();
  if (isUnary(method)) {
    await transport.unary(method, left.signal, 5_000, header, {});
  } else if (isServerStreaming(method)) {
    const { message } = await transport.stream(method, left.signal, 5_000, header, emptyRequest());
    for await (const _ of message) break;
    left.abort();
  } else {
    throw new Error(`no way to call a ${method.methodKind} method`);
  }
}

async function* emptyRequest() {
  yield {};
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}
