import { createServer, type ServerResponse } from "node:http";
import { aborted, bind } from "@aibridge/runtime";

const path = "/callback";

/** What an authorization server sent the user's browser back with. */
export interface Returned {
  /** The query of the request. */
  readonly parameters: Record<string, string>;
  /** Answers the browser, which waits for it, with one sentence. */
  answer(sentence: string): void;
}

/** Listens where a browser comes back to after a login. Disposing it cuts all connections. */
export interface LoginCallback extends AsyncDisposable {
  readonly redirectUri: string;
  /**
   * Resolves when a browser comes back with this `state`; whoever comes with
   * another is turned away. Undefined once the signal is aborted.
   */
  returned(state: string, signal: AbortSignal): Promise<Returned | undefined>;
}

/** Starts to listen on a free port of loopback (RFC 8252, 7.3). */
export async function listenForLogin(): Promise<LoginCallback> {
  const waiting: { state?: string; resolve?: (returned: Returned) => void } = {};
  const server = createServer((request, response) => {
    const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
    const state = url?.searchParams.get("state");
    if (request.method !== "GET" || url?.pathname !== path || state !== waiting.state) {
      answerPage(response, 404, "Nothing is here.");
      return;
    }
    waiting.resolve?.({
      parameters: Object.fromEntries(url.searchParams),
      answer: (sentence) => answerPage(response, 200, sentence),
    });
  });
  const { port } = await bind(server, { host: "127.0.0.1", port: 0 });
  return {
    redirectUri: `http://127.0.0.1:${port}${path}`,
    async returned(state, signal) {
      const { promise, resolve } = Promise.withResolvers<Returned>();
      Object.assign(waiting, { state, resolve });
      return await Promise.race([promise, aborted(signal).then(() => undefined)]);
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      // A browser that was just answered keeps its connection; the answer has gone out.
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 1_000).unref();
      await closed;
    },
  };
}

function answerPage(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'",
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(`<!doctype html><title>aibridge</title><p>${escaped(sentence)}</p>\n`);
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
