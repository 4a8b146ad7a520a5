import { type BenchProcess, startProcess } from "./process.ts";
import {
  type MeasuredProxy,
  startBare,
  startBareWithRpc,
  startGateway,
  startGatewayWithoutRpc,
  startNginxProxy,
} from "./proxies.ts";
import { otherCores, program, type Services, startServices } from "./services.ts";

/** Everything that a comparison needs, started. */
export interface Scene extends AsyncDisposable, Services {
  readonly proxies: readonly MeasuredProxy[];
}

/** The gateway, and what it is compared with. */
export async function startScene(): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const services = await startServices(stack);
  const proxies = [
    await startBare(stack, services),
    await startNginxProxy(stack, services),
    await startBareWithRpc(stack, "bare + RPC", "connect", services),
    await startBareWithRpc(stack, "bare + gRPC", "grpc", services),
    await startGatewayWithoutRpc(stack, services),
    await startGateway(stack, services),
  ];
  const opened = stack.move();
  return {
    ...services,
    proxies: proxies.filter((proxy) => proxy !== undefined),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Starts the load generator on a job. */
export function startLoad(job: object, generator = "load"): BenchProcess {
  return startProcess(otherCores, [program(generator), JSON.stringify(job)]);
}
