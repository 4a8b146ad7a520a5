import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";

/** For tests: the two ways to hold a stream that matter most. */
export const streamTransports: readonly {
  readonly name: string;
  connectTo(baseUrl: string): Transport;
}[] = [
  {
    name: "Connect over HTTP/1.1",
    connectTo: (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" }),
  },
  { name: "gRPC over h2c", connectTo: (baseUrl) => createGrpcTransport({ baseUrl }) },
];

/** For tests: the messages of a stream, one by one. Disposing leaves it. */
export interface Watch<Message> extends AsyncDisposable {
  /** Rejects with the error that ended the stream. */
  next(): Promise<Message>;
  /** The first message from now on that is as wanted. Rejects if none comes for 20 s, with the last. */
  until(isWanted: (message: Message) => boolean): Promise<Message>;
}

/** For tests: opens a stream. */
export function watch<Service extends DescService, Message>(
  service: Service,
  transport: Transport,
  bearer: string,
  open: (
    client: Client<Service>,
    options: { signal: AbortSignal; headers: Record<string, string> },
  ) => AsyncIterable<Message>,
): Watch<Message> {
  const left = new AbortController();
  const headers = { authorization: `Bearer ${bearer}` };
  const stream = open(createClient(service, transport), { signal: left.signal, headers });
  const messages = stream[Symbol.asyncIterator]();
  async function next(): Promise<Message> {
    const { done, value } = await messages.next();
    if (done === true) throw new Error("the stream ended without an error");
    return value;
  }
  return {
    next,
    async until(isWanted) {
      let last: Message | undefined;
      const wanted = async () => {
        for (;;) {
          last = await next();
          if (isWanted(last)) return last;
        }
      };
      return within(
        20_000,
        wanted(),
        () => `what is wanted did not come; the last was ${told(last)}`,
      );
    },
    async [Symbol.asyncDispose]() {
      left.abort();
    },
  };
}

/** For tests: what hangs fails before the test's own time is over, and says why. */
export async function within<T>(ms: number, work: Promise<T>, why: () => string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${why()}`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function told(message: unknown): string | undefined {
  return JSON.stringify(message, (_, value) => (typeof value === "bigint" ? `${value}` : value));
}
