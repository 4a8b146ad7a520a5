import { createHash, randomUUID } from "node:crypto";
import { fdatasync, openSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createLogger } from "@aibridge/runtime";
import { Agent, type Dispatcher } from "undici";
import { listenAndAnnounce } from "../announce.ts";
import { duties } from "../duties.ts";

/**
 * The least that a gateway is: node:http, undici and the first so many of the
 * `duties`, each in the fewest lines, for small answers that go well. Nothing
 * that makes it fit for use is in it: no refusals, limits, deadlines, streams,
 * and nobody to ship the record to. What it costs is the least that we know of.
 * Its arguments: the upstream's URL, how many duties, and the file to record in.
 */
const [upstreamUrl = "", count = "0", file = ""] = process.argv.slice(2);
const does = (duty: (typeof duties)[number]) => duties.indexOf(duty) < Number(count);
const [filters, knows, reads, logs, records] = [
  does("headers filtered"),
  does("key known by its hash"),
  does("both bodies parsed"),
  does("a log line"),
  does("a synced record"),
];
const agent = new Agent({ allowH2: false });
const log = createLogger({ name: "least", level: "info" });
const record = records ? openRecord(file) : undefined;
const owners = new Map<string, string>();
const never: ReadonlySet<string> = new Set([
  ...["host", "connection", "keep-alive", "transfer-encoding", "te", "upgrade"],
  ...["content-length", "accept-encoding", "x-api-key"],
]);

const server = createServer({ requestTimeout: 0 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [first] = chunks;
    relay(request, response, first && chunks.length === 1 ? first : Buffer.concat(chunks));
  });
});
server.keepAliveTimeout = 60_000;
listenAndAnnounce(server);

function relay(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const key = String(request.headers["x-api-key"]);
  const visit = new Visit(response, knows ? ownerOf(key) : "");
  if (reads) visit.asked(body);
  const headers = filters
    ? [...filtered(request.rawHeaders), "x-api-key", "sk-bench", "accept-encoding", "identity"]
    : ["content-type", String(request.headers["content-type"])];
  headers.push("content-length", String(body.byteLength));
  const path = "/v1/messages";
  agent.dispatch({ origin: upstreamUrl, path, method: "POST", headers, body }, visit);
}

function ownerOf(key: string): string {
  const hash = createHash("sha256").update(key).digest("base64");
  const owner = owners.get(hash) ?? randomUUID();
  owners.set(hash, owner);
  return owner;
}

function filtered(headers: readonly (string | Buffer)[]): string[] {
  const kept: string[] = [];
  for (let n = 0; n < headers.length; n += 2) {
    const [name, value] = [String(headers[n]).toLowerCase(), String(headers[n + 1])];
    if (!never.has(name)) kept.push(name, value);
  }
  return kept;
}

class Visit implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  readonly #user: string;
  readonly #id = randomUUID();
  readonly #since = performance.now();
  readonly #chunks: Buffer[] = [];
  #prompt: unknown;
  #head: [status: number, headers: string[]] = [502, []];
  #isRecorded = true;
  #isWhole = false;

  constructor(response: ServerResponse, user: string) {
    this.#response = response;
    this.#user = user;
  }

  asked(body: Buffer): void {
    const { model, messages } = JSON.parse(body.toString());
    this.#prompt = messages.at(-1).content;
    if (record === undefined) return;
    this.#isRecorded = false;
    record.write({ id: this.#id, user: this.#user, model, time: Date.now() });
    record.synced(() => {
      this.#isRecorded = true;
      this.#answer();
    });
  }

  onRequestStart(): void {}

  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number): void {
    const headers = Array.isArray(rawHeaders) ? rawHeaders : [];
    this.#head = [status, filters ? filtered(headers) : headers.map(String)];
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#isWhole = true;
    this.#answer();
  }

  onResponseError(): void {
    this.#response.destroy();
  }

  #answer(): void {
    if (!this.#isWhole || !this.#isRecorded) return;
    const body = Buffer.concat(this.#chunks);
    const usage = reads ? JSON.parse(body.toString()).usage : undefined;
    record?.write({ id: this.#id, usage, prompt: this.#prompt, time: Date.now() });
    const [status, headers] = this.#head;
    // The provider's was filtered out, and without one Node would send it in chunks.
    if (filters) headers.push("content-length", String(body.byteLength));
    this.#response.writeHead(status, headers).end(body);
    if (!logs) return;
    const duration_ms = performance.now() - this.#since;
    const line = { method: "POST", path: "/v1/messages", request_id: this.#id, status };
    log.info({ ...line, auth_mode: "centralized", user_id: this.#user, duration_ms }, "served");
  }
}

/** Lines in a file; whoever waits for a sync shares it with all others who do. */
function openRecord(path: string) {
  const fd = openSync(path, "a");
  let waiting: (() => void)[] = [];
  let isSyncing = false;
  function sync(): void {
    const those = waiting;
    waiting = [];
    fdatasync(fd, () => {
      for (const goOn of those) goOn();
      // It rests for a millisecond if several wait: decision 10.
      if (waiting.length > 1) setTimeout(sync, 1);
      else if (waiting.length === 1) sync();
      else isSyncing = false;
    });
  }
  return {
    write: (line: object) => writeSync(fd, `${JSON.stringify(line)}\n`),
    synced(goOn: () => void): void {
      waiting.push(goOn);
      if (!isSyncing) sync();
      isSyncing = true;
    },
  };
}
