import { randomUUID } from "node:crypto";
import { type FakeUpstream, messages, type UpstreamCall } from "@aibridge/testing/fake-upstream";
import type { ServingGateway } from "@aibridge/testing/harness";
import { bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { send } from "../http.ts";
import { Changes } from "./changes.ts";
import { markerHeader } from "./provider.ts";

/** What came of a request whose model calls every tool that it is offered. */
export interface ToolOutcome {
  readonly marker: string;
  readonly status: number;
  /** Whether the client got the model's last word, and nothing broke off before it. */
  readonly isWhole: boolean;
  /** Of the servers, those whose tool was offered, and whether it did what it is for. */
  readonly tools: Readonly<Record<string, "worked" | "failed">>;
}

const place = "Lisbon";

/**
 * Agents who ask again and again, and a model that calls the tool `echo` of each
 * server that it is offered, once, and then says a word.
 */
export class McpCallers {
  readonly outcomes: ToolOutcome[] = [];
  readonly #gatewayUrl: string;
  readonly #servers: readonly string[];
  readonly #changes = new Changes();
  readonly #stopping = new AbortController();
  readonly #agents: Promise<unknown>;
  /** By marker, the bodies of what the model was asked. */
  readonly #rounds = new Map<string, string[]>();

  constructor(
    upstream: FakeUpstream,
    { gatewayUrl }: ServingGateway,
    options: { readonly servers: readonly string[]; readonly keys: readonly string[] },
  ) {
    this.#gatewayUrl = gatewayUrl;
    this.#servers = options.servers;
    upstream.byHand((call) => this.#answer(call));
    this.#agents = Promise.all(options.keys.map((key) => this.#run(key)));
  }

  /** How often the provider was asked for a request. */
  roundsOf(marker: string): number {
    return this.#rounds.get(marker)?.length ?? 0;
  }

  /** Every marker that the provider saw. */
  get seen(): readonly string[] {
    return [...this.#rounds.keys()];
  }

  /** Resolves when so many more requests have ended of which this holds. */
  async until(
    count: number,
    what: string,
    holds: (outcome: ToolOutcome) => boolean,
  ): Promise<void> {
    const have = () => this.outcomes.filter(holds).length;
    const wanted = have() + count;
    await this.#changes.until(() => have() >= wanted, `${count} more requests: ${what}`);
  }

  /** Begins nothing more. Resolves when all that was begun has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#agents;
  }

  /** Asks once, beside the agents: what comes of it is not among `outcomes`. */
  async ask(key: string): Promise<ToolOutcome> {
    const marker = `mcp-${randomUUID()}`;
    const answer = await send(`${this.#gatewayUrl}${paths.messages}`, {
      method: "POST",
      headers: [...jsonHeaders, ...bearer(key), [markerHeader, marker]],
      body: JSON.stringify({ ...bodies.messages, model: marker, stream: true }),
    }).catch(() => undefined);
    const text = answer?.body.toString() ?? "";
    const isWhole = text.trimEnd().endsWith('data: {"type":"message_stop"}');
    return { marker, status: answer?.status ?? 0, isWhole, tools: this.#toolsOf(marker) };
  }

  async #run(key: string): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.outcomes.push(await this.ask(key));
      this.#changes.notify();
    }
  }

  #toolsOf(marker: string): ToolOutcome["tools"] {
    const [first = "", second = ""] = this.#rounds.get(marker) ?? [];
    const offered = this.#servers.filter((server) => first.includes(toolOf(server)));
    return Object.fromEntries(
      offered.map((server) => [server, resultIn(second, server) ? "worked" : "failed"]),
    );
  }

  async #answer(call: UpstreamCall): Promise<void> {
    const [marker = ""] = call.request.header(markerHeader);
    const body = call.request.body.toString();
    const rounds = this.#rounds.get(marker) ?? [];
    this.#rounds.set(marker, [...rounds, body]);
    const calls = this.#servers
      .filter((server) => body.includes(toolOf(server)))
      .map((server) => ({ id: callIdOf(server), name: toolOf(server), input: { city: place } }));
    const isDone = rounds.length > 0 || calls.length === 0;
    await call.play(isDone ? messages.textStream() : messages.toolCallsStream(...calls));
  }
}

const toolOf = (server: string) => `bmcp_${server}_echo`;
const callIdOf = (server: string) => `toolu_${server}`;

/** Whether the model was told what this server's tool says to its argument. */
function resultIn(body: string, server: string): boolean {
  if (body === "") return false;
  const { messages: history }: { messages: readonly { content: unknown }[] } = JSON.parse(body);
  const results = history.at(-1)?.content;
  const all: readonly { tool_use_id?: string }[] = Array.isArray(results) ? results : [];
  const result = all.find(({ tool_use_id: id }) => id === callIdOf(server));
  return result !== undefined && JSON.stringify(result).includes(place);
}
