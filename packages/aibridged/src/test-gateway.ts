import {
  type Authorizer,
  createGateway,
  type Gateway,
  GatewayKeyRefusedError,
  type GatewayOptions,
  NotAuthorizedError,
  type ProviderConfig,
} from "@aibridge/aibridge";
import { createLogger } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import { listenGateway } from "./listener.ts";

/** The one user of a test gateway. */
const testUser = {
  ownerId: "0197b2a6-0000-7000-8000-000000000001",
  apiKeyId: "keyidkeyid",
  username: "ada",
};
export const testKey = "keyidkeyid-s3cretS3cretS3cretS3cr";
export const testGatewayKey = "G4tewayKeyG4tewayKeyG4tewayKeyG4tewayKeyG4t";
const testProviderKey = "sk-the-providers-own-key";

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly gateway: Gateway;
  /** Every log line so far, parsed. */
  readonly log: readonly Record<string, unknown>[];
}

/** A gateway on a real port, with the door's authority in memory and the real rest. */
export async function startTestGateway(
  upstreamUrl: string,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const log: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void log.push(JSON.parse(line)) };
  const gateway = createGateway({
    authorizer: testAuthorizer,
    log: createLogger({ name: "test", level: "debug", destination }),
    ...options,
  });
  gateway.setProviders(providersAt(upstreamUrl));
  const listen = { host: "127.0.0.1", port: 0 };
  const listener = await listenGateway({ listen, tls: undefined, serve: gateway.serve });
  return {
    url: listener.url,
    gateway,
    log,
    async [Symbol.asyncDispose]() {
      await listener.destroy();
      await gateway.destroy();
    },
  };
}

/** Accepts the test key, and its id from who holds the test gateway key. */
export const testAuthorizer: Authorizer = {
  async isAuthorized(credential) {
    if (credential.kind === "key") {
      if (credential.key.reveal() === testKey) return testUser;
      throw new NotAuthorizedError("unknown key");
    }
    const { gatewayKey, keyId } = credential;
    if (gatewayKey && gatewayKey.reveal() !== testGatewayKey) {
      throw new GatewayKeyRefusedError("invalid gateway key");
    }
    if (keyId === testUser.apiKeyId) return testUser;
    throw new NotAuthorizedError(keyId === "" ? "missing credential" : "unknown key");
  },
};

function providersAt(url: string): ProviderConfig[] {
  const credential = new Secret(testProviderKey);
  const common = { enabled: true, credential };
  return [
    { ...common, name: "anthropic", type: "anthropic", baseUrl: url },
    { ...common, name: "openai", type: "openai", baseUrl: `${url}/v1` },
  ];
}
