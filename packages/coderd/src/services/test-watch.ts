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
  /** The first message from now on that is as wanted. */
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
      for (;;) {
        const message = await next();
        if (isWanted(message)) return message;
      }
    },
    async [Symbol.asyncDispose]() {
      left.abort();
    },
  };
}
