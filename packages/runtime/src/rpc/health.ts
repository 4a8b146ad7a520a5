import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@aibridge/proto/grpc/health/v1/health";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";

/** What clients and load balancers are told by `grpc.health.v1`. */
export interface HealthState {
  /** Sets the state of one service, or of the whole process if none is named. */
  set(serving: boolean, service?: DescService): void;
  /** Says for good that nothing is served any more, and ends every Watch. */
  shutdown(): void;
  /** Registers the Health service. */
  readonly routes: (router: ConnectRouter) => void;
}

/** The name by which the protocol asks for the process as a whole. */
const overall = "";

/**
 * Health of a process and of the named services. All begin as not serving:
 * being ready is something to say, not to assume.
 */
export function createHealth(services: readonly DescService[]): HealthState {
  const serving = new Map<string, boolean>([[overall, false]]);
  for (const service of services) serving.set(service.typeName, false);
  const closed = new AbortController();
  let changed = Promise.withResolvers<void>();

  const statusOf = (name: string) => {
    const state = serving.get(name);
    if (state === undefined) return ServingStatus.SERVICE_UNKNOWN;
    return state && !closed.signal.aborted ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  const wakeWatchers = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  async function* watch(name: string, signal: AbortSignal) {
    const ended = Promise.withResolvers<void>();
    const onAbort = () => ended.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      let sent: number | undefined;
      while (!signal.aborted) {
        const next = changed.promise;
        const status = statusOf(name);
        if (status !== sent) yield { status };
        sent = status;
        if (closed.signal.aborted) return;
        await Promise.race([next, ended.promise]);
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  return {
    set(isServing, service) {
      serving.set(service?.typeName ?? overall, isServing);
      wakeWatchers();
    },
    shutdown() {
      closed.abort();
      wakeWatchers();
    },
    routes: (router) =>
      void router.service(Health, {
        check({ service }) {
          const status = statusOf(service);
          if (status !== ServingStatus.SERVICE_UNKNOWN) return { status };
          throw new ConnectError(`unknown service ${service}`, Code.NotFound);
        },
        watch: ({ service }, context) => watch(service, context.signal),
      }),
  };
}
