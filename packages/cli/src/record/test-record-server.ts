import { createServer } from "node:http";
import { InterceptionService } from "@aibridge/proto/coder/aibridge/v1/interception";
import { SessionService } from "@aibridge/proto/coder/aibridge/v1/session";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { bind, urlOf } from "@aibridge/runtime";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

/** What a test answers; what it leaves out is unimplemented. */
export interface RecordAnswers {
  readonly interceptions?: Partial<ServiceImpl<typeof InterceptionService>>;
  readonly sessions?: Partial<ServiceImpl<typeof SessionService>>;
  readonly users?: Partial<ServiceImpl<typeof UserService>>;
}

/** For tests: a coderd of which only the reading services answer, with literals. */
export async function startRecordServer({ interceptions, sessions, users }: RecordAnswers) {
  const routes = (router: ConnectRouter) => {
    router.service(InterceptionService, interceptions ?? {});
    router.service(SessionService, sessions ?? {});
    router.service(UserService, users ?? {});
  };
  const server = createServer(connectNodeAdapter({ routes }));
  const address = await bind(server, { host: "127.0.0.1", port: 0 });
  return {
    /** The environment in which commands read from it. */
    env: {
      AIBRIDGE_URL: urlOf("http", address),
      AIBRIDGE_TOKEN: "abcdefghij-klmnopqrstuvwxyzABCDEF",
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
