import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "./nginx.ts";
import { type BenchProcess, startProbed, startProcess } from "./process.ts";
import type { RecordCheck } from "./record-check.ts";
import { cli, measuredCore, program, type Services } from "./services.ts";

/** Something that relays, on the core that is measured. */
export interface MeasuredProxy {
  readonly name: string;
  readonly process: BenchProcess;
  readonly url: string;
  /** The path at which it relays to the upstream's `/v1/messages`. */
  readonly path: string;
  /** Whether it can be asked of its memory. Default: no. */
  readonly isProbed?: boolean;
  /** Of one that records: what it is compared with after each run. */
  readonly record?: RecordCheck;
}

/** The gateway, which also tells how it is. */
export interface MeasuredGateway extends MeasuredProxy {
  readonly adminUrl: string;
}

const ofBare = "/v1/messages";
const ofGateway = `/anthropic${ofBare}`;

async function proxyFrom(
  name: string,
  process: BenchProcess,
  path: string,
): Promise<MeasuredProxy> {
  const { url } = await process.nextLine<{ url: string }>();
  return { name, process, path, url };
}

/** What a gateway is measured against: see `processes/bare-proxy.ts`. */
export async function startBare(
  stack: AsyncDisposableStack,
  { upstreamUrl }: Pick<Services, "upstreamUrl">,
): Promise<MeasuredProxy> {
  const args = [program("bare-proxy"), upstreamUrl];
  const bare = await proxyFrom("bare", stack.use(startProbed(measuredCore, args)), ofBare);
  return { ...bare, isProbed: true };
}

/** The same, which asks coderd for each request. */
export async function startBareWithRpc(
  stack: AsyncDisposableStack,
  name: string,
  protocol: "connect" | "grpc",
  { upstreamUrl, coderdUrl, gatewayKey, apiKey }: Services,
): Promise<MeasuredProxy> {
  const args = [upstreamUrl, protocol, coderdUrl, gatewayKey, apiKey];
  const process = stack.use(startProcess(measuredCore, [program("bare-proxy"), ...args]));
  return proxyFrom(name, process, ofBare);
}

/** The gateway with coderd's answer at hand, and no record. */
export async function startGatewayWithoutRpc(
  stack: AsyncDisposableStack,
  { upstreamUrl }: Services,
): Promise<MeasuredProxy> {
  const args = [program("gateway-without-rpc"), upstreamUrl];
  return proxyFrom("gateway - RPC", stack.use(startProcess(measuredCore, args)), ofGateway);
}

/** The gateway with everything on, as it is run in production. */
export async function startGateway(
  stack: AsyncDisposableStack,
  { coderdUrl, gatewayKey, record }: Services,
): Promise<MeasuredGateway> {
  const spool = await mkdtemp(join(tmpdir(), "aibridge-bench-"));
  stack.defer(() => rm(spool, { recursive: true, force: true }));
  const process = stack.use(
    startProbed(measuredCore, [cli, "aibridged", "--json"], {
      AIBRIDGE_CODERD_URL: coderdUrl,
      AIBRIDGE_GATEWAY_KEY: gatewayKey,
      AIBRIDGE_SPOOL: spool,
      AIBRIDGE_PRIVATE_UPSTREAMS: "allow",
      AIBRIDGE_GATEWAY_LISTEN: "127.0.0.1:0",
      AIBRIDGE_ADMIN_LISTEN: "127.0.0.1:0",
      AIBRIDGE_LOG_LEVEL: "info",
    }),
  );
  const { gatewayUrl, adminUrl } = await process.nextLine<{
    gatewayUrl: string;
    adminUrl: string;
  }>();
  const url = gatewayUrl;
  return { name: "gateway", process, path: ofGateway, url, adminUrl, record, isProbed: true };
}

/** nginx's `proxy_pass`; undefined where nginx is not installed. */
export async function startNginxProxy(
  stack: AsyncDisposableStack,
  { upstreamUrl }: Services,
): Promise<MeasuredProxy | undefined> {
  const nginx = await startNginx(stack, measuredCore, upstreamUrl);
  return nginx && { name: "nginx", path: ofBare, ...nginx };
}
