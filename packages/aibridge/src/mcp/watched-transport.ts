import type { JSONRPCMessage, Transport, TransportSendOptions } from "@modelcontextprotocol/client";

/**
 * The SDK's transport, and two things more: `onDoubt` hears of every error, so
 * that somebody can look whether the server is still there; and a request whose
 * answer's stream ends without an answer fails then, not at its deadline.
 */
export class WatchedTransport implements Transport {
  readonly hasPerRequestStream = true;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: NonNullable<Transport["onmessage"]>;
  readonly #inner: Transport;
  readonly #unanswered = new Set<string | number>();

  constructor(inner: Transport, onDoubt: (error: Error) => void) {
    this.#inner = inner;
    inner.onclose = () => this.onclose?.();
    inner.onerror = (error) => {
      onDoubt(error);
      this.onerror?.(error);
    };
    inner.onmessage = (message) => this.#receive(message);
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    const id = "method" in message && "id" in message ? message.id : undefined;
    // Who asks to be told of the stream's end waits for events, not for an answer.
    if (id === undefined || options?.onRequestStreamEnd) return this.#inner.send(message, options);
    this.#unanswered.add(id);
    try {
      await this.#inner.send(message, { ...options, onRequestStreamEnd: () => this.#ended(id) });
    } catch (error) {
      this.#unanswered.delete(id);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  #receive(message: JSONRPCMessage): void {
    if (!("method" in message) && message.id !== undefined) this.#unanswered.delete(message.id);
    this.onmessage?.(message);
  }

  #ended(id: string | number): void {
    if (!this.#unanswered.has(id)) return;
    const error = { code: connectionLost, message: "the connection ended before the answer" };
    this.#receive({ jsonrpc: "2.0", id, error });
  }
}

/** Of the range that JSON-RPC leaves to implementations. */
const connectionLost = -32_000;
