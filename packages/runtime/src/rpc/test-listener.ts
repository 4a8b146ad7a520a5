import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { Code, ConnectError } from "@connectrpc/connect";
import { createLogger } from "../log.ts";
import { createHealth } from "./health.ts";
import { listenRpc, type RpcListenerOptions } from "./listen.ts";

/**
 * For tests: a listener whose `GetUser` answers the id it was asked for. The id
 * `held` is answered once the test calls `release`, and `boom` throws.
 */
export async function startListener(options: Partial<RpcListenerOptions> = {}) {
  const health = createHealth([UserService]);
  health.set(true);
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const cutCalls: string[] = [];
  const listener = await listenRpc({
    listen: { host: "127.0.0.1", port: 0 },
    reflect: [UserService],
    log: createLogger({ name: "test", level: "silent" }),
    readMaxBytes: 64 * 1024,
    health,
    routes: (router) =>
      router.service(UserService, {
        async getUser(request, context) {
          const id = request.user.value ?? "";
          if (id === "boom") throw new Error("a detail for nobody");
          if (id === "late") throw new ConnectError("no such user", Code.NotFound);
          if (id === "held") {
            context.signal.addEventListener("abort", () => cutCalls.push(id), { once: true });
            arrived.resolve();
            await held.promise;
          }
          return { user: { id } };
        },
      }),
    ...options,
  });
  return { listener, health, arrived: arrived.promise, release: held.resolve, cutCalls };
}
