import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import {
  AuthorizerService,
  type IsAuthorizedResponseSchema,
  type WatchInvalidationsResponseSchema,
} from "@aibridge/proto/coder/aibridge/v1/authorizer";
import {
  ProviderConfiguratorService,
  type WatchProvidersResponseSchema,
} from "@aibridge/proto/coder/aibridge/v1/provider_configurator";
import { createHealth, createLogger, listenRpc } from "@aibridge/runtime";
import { Secret } from "@aibridge/secret";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Coderds } from "./coderds.ts";

type News = MessageInitShape<typeof WatchInvalidationsResponseSchema>;
type Providers = MessageInitShape<typeof WatchProvidersResponseSchema>;
type Answer = MessageInitShape<typeof IsAuthorizedResponseSchema>;

/** A stream that a client opened, and a test feeds. */
interface TestWatch<Message> {
  /** What the client knows already. */
  readonly since: bigint;
  readonly signal: AbortSignal;
  send(message: Message): void;
  end(): void;
}

/** For tests: a coderd whose streams and answers are the test's. */
export async function startTestCoderd(
  isAuthorized: (signal: AbortSignal) => Answer | Promise<Answer> = () => ({}),
) {
  const invalidations = new Watches<News>();
  const providers = new Watches<Providers>();
  const listener = await listenRpc({
    listen: { host: "127.0.0.1", port: 0 },
    routes(router) {
      router.service(AuthorizerService, {
        isAuthorized: (_, { signal }) => isAuthorized(signal),
        watchInvalidations: ({ sinceRevision }, { signal }) =>
          invalidations.open(sinceRevision, signal),
      });
      router.service(ProviderConfiguratorService, {
        watchProviders: ({ knownRevision }, { signal }) => providers.open(knownRevision, signal),
      });
    },
    reflect: [AuthorizerService],
    health: createHealth([]),
    log: silent,
    readMaxBytes: 10_000,
  });
  return {
    url: listener.url,
    invalidations,
    providers,
    [Symbol.asyncDispose]: () => listener.destroy(),
  };
}

/** For tests: accepts connections and never says anything, as a frozen process does. */
export async function startFrozen() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** For tests: the coderds at these addresses, as a gateway knows them. */
export function coderdsAt(...urls: string[]): Coderds {
  return new Coderds({ urls, gatewayKey: new Secret("g"), ca: undefined, log: silent });
}

export const silent = createLogger({ name: "test", level: "silent" });

/** The streams of one kind, in the order in which clients opened them. */
class Watches<Message> {
  readonly #opened: TestWatch<Message>[] = [];
  readonly #waiting: ((watch: TestWatch<Message>) => void)[] = [];

  /** Resolves to the next stream that no test has taken yet. */
  next(): Promise<TestWatch<Message>> {
    const { promise, resolve } = Promise.withResolvers<TestWatch<Message>>();
    this.#waiting.push(resolve);
    this.#hand();
    return promise;
  }

  async *open(since: bigint, signal: AbortSignal): AsyncGenerator<Message> {
    let queue: Message[] = [];
    let changed = Promise.withResolvers<void>();
    let isOver = false;
    const end = () => {
      isOver = true;
      changed.resolve();
    };
    const send = (message: Message) => {
      queue.push(message);
      changed.resolve();
    };
    signal.addEventListener("abort", end);
    this.#opened.push({ since, signal, send, end });
    this.#hand();
    while (!isOver || queue.length > 0) {
      await changed.promise;
      changed = Promise.withResolvers();
      const messages = queue;
      queue = [];
      yield* messages;
    }
  }

  #hand(): void {
    while (this.#opened.length > 0 && this.#waiting.length > 0) {
      const watch = this.#opened.shift();
      if (watch) this.#waiting.shift()?.(watch);
    }
  }
}
