import type { ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import type { Closing, ReceivedRequest, RequestRecord } from "./received.ts";

/** A request that a test answers by hand, a step at a time. */
export class UpstreamCall {
  readonly request: ReceivedRequest;
  readonly #record: RequestRecord;
  readonly #response: ServerResponse;

  constructor(record: RequestRecord, response: ServerResponse) {
    this.request = record;
    this.#record = record;
    this.#response = response;
    response.once("close", () => {
      record.close(response.writableFinished ? "answered" : "left");
    });
  }

  /** Resolves when the call is over: answered, left by the client, or cut by us. */
  get closed(): Promise<Closing> {
    return this.request.closed;
  }

  /** Sends the head at once, before any of the body. */
  respond(status: number, headers: Answer["headers"] = []): void {
    // Only what the test said is sent: a date of our own would make two
    // answers differ.
    this.#response.sendDate = false;
    this.#response.writeHead(status, headers.flat());
    // Not `flushHeaders`, which encodes header values as UTF-8 where HTTP has
    // bytes: an empty write sends the head as it is.
    this.#response.write("", "latin1");
  }

  /** Sends a piece of the body. Resolves when the kernel took it, or the client has left. */
  async write(chunk: string | Uint8Array): Promise<void> {
    const sent = new Promise<void>((resolve) => {
      this.#response.write(chunk, () => resolve());
    });
    await Promise.race([sent, this.closed]);
  }

  /** Ends the body as HTTP says, after a last piece if there is one. */
  async end(chunk?: string | Uint8Array): Promise<void> {
    if (chunk !== undefined) await this.write(chunk);
    this.#response.end();
    await this.closed;
  }

  /** Sends nothing more. Resolves when the client has left. */
  async stall(): Promise<void> {
    await this.closed;
  }

  /** Closes the connection in the middle of the body, after what was written. */
  async cut(): Promise<void> {
    this.#record.close("cut");
    const socket = this.#response.socket;
    await new Promise<void>((resolve) => {
      if (socket === null || socket.destroyed) return resolve();
      socket.once("close", () => resolve());
      // `end` sends what is still queued and then a FIN, where `destroy` might
      // drop the queue: the client sees every byte that was written.
      socket.end(() => socket.destroy());
    });
  }

  /** Resets the connection (RST). What the client has not read yet may be lost. */
  reset(): void {
    this.#record.close("cut");
    this.#response.socket?.resetAndDestroy();
  }

  /**
   * Sends bytes past HTTP: a malformed head before `respond`, a malformed body
   * after it.
   */
  async garbage(bytes: string | Uint8Array): Promise<void> {
    const socket = this.#response.socket;
    const sent = new Promise<void>((resolve) => {
      if (socket === null) resolve();
      else socket.write(bytes, () => resolve());
    });
    await Promise.race([sent, this.closed]);
  }

  /** Plays a scripted answer to its end. Resolves when the call is over. */
  async play(answer: Answer): Promise<void> {
    this.respond(answer.status, answer.headers);
    for (const chunk of answer.chunks) await this.write(chunk);
    await endings[answer.ending](this);
  }
}

const endings: Readonly<Record<Answer["ending"], (call: UpstreamCall) => Promise<void>>> = {
  end: (call) => call.end(),
  cut: (call) => call.cut(),
  reset: async (call) => call.reset(),
  stall: (call) => call.stall(),
};
