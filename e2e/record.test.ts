import type { InterceptionDetail } from "@aibridge/proto/coder/aibridge/v1/interception";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { bodyOf, chatCompletions, messages } from "@aibridge/testing/fake-upstream";
import { coderdClients } from "@aibridge/testing/harness";
import { Code } from "@connectrpc/connect";
import { expect } from "@jest/globals";
import { ask, bearer } from "./ask.ts";
import { eventually } from "./eventually.ts";
import { proves } from "./proves.ts";
import { createUser, type NewUser, shareWorld } from "./world.ts";

const world = shareWorld();

/** The record of a user, the oldest first, once so many interceptions have ended. */
async function recordOf({ id }: NewUser, count: number): Promise<InterceptionDetail[]> {
  const { owner } = world().pair;
  const { interceptions } = await eventually(
    () => owner.interceptions.listInterceptions({ filter: { userId: id } }),
    (list) => list.interceptions.filter(({ ended }) => ended).length >= count,
  );
  expect(interceptions).toHaveLength(count);
  const details = interceptions.toReversed().map(async (listed) => {
    const { interception } = await owner.interceptions.getInterception({ id: listed.id });
    if (!interception) throw new Error("listed, but not there");
    return interception;
  });
  return await Promise.all(details);
}

proves(
  ["record.rows", "record.stream-equals-whole", "door.actor"],
  "a message and its stream give equal rows",
  async () => {
    const { pair } = world();
    const user = await createUser(pair);
    const headers = [
      ...bearer(user.key),
      ["User-Agent", "claude-cli/2.1.330 (external, cli)"],
      ["X-Claude-Code-Session-Id", "3f0c5a52-session"],
    ] as const;
    await ask(pair.gatewayUrl, "messages", headers);
    await ask(pair.gatewayUrl, "messages", headers, { stream: true });
    const [whole, stream] = await recordOf(user, 2);

    for (const detail of [whole, stream]) {
      expect(detail?.interception?.started).toMatchObject({
        initiatorId: user.id,
        apiKeyId: user.keyId,
        providerName: "anthropic",
        model: "claude",
        client: "Claude Code",
        clientSessionId: "3f0c5a52-session",
        credentialHint: "sk-u...nows",
        metadata: { Username: user.username },
      });
      expect(detail?.interception?.ended).toMatchObject({
        status: InterceptionStatus.COMPLETED,
        upstreamStatus: 200,
        upstreamRequestId: "req_011CUpstreamMessages",
      });
      expect(detail?.prompts).toMatchObject([{ text: "hi" }]);
      expect(detail?.tokenUsages).toMatchObject([
        {
          providerResponseId: "msg_01UpstreamMessage",
          model: "claude-sonnet-4-5-20250929",
          inputTokens: 25n,
          outputTokens: 7n,
          cacheReadTokens: 3n,
          cacheWriteTokens: 4n,
          serviceTier: "standard",
          partial: false,
        },
      ]);
    }
    expect(whole?.interception?.sessionId).toBe(stream?.interception?.sessionId);
    expect([whole, stream].map((detail) => detail?.interception?.started?.streaming)).toEqual([
      false,
      true,
    ]);
  },
);

proves(
  "record.chat-usage",
  "a chat stream is recorded with usage that its client did not ask for",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const answer = await ask(pair.gatewayUrl, "chat-completions", bearer(user.key), {
      stream: true,
    });
    const sent = JSON.parse(String(upstream.requests[0]?.body));
    expect(sent.stream_options).toEqual({ include_usage: true });
    expect(answer.body.toString()).not.toContain('"prompt_tokens"');
    expect(answer.body.toString().endsWith("data: [DONE]\n\n")).toBe(true);
    const [detail] = await recordOf(user, 1);
    expect(detail?.tokenUsages).toHaveLength(1);
    expect(detail?.tokenUsages[0]?.outputTokens).toBeGreaterThan(0n);
  },
);

proves(
  "record.tools-and-prompts",
  "a tool call is on record, and its result's request in the same thread",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const call = { id: "toolu_e2e_1", name: "shell", input: { command: "echo hi" } };
    upstream.answer("messages", messages.toolCall(call), messages.text());
    await ask(pair.gatewayUrl, "messages", bearer(user.key));
    const result = { type: "tool_result", tool_use_id: "toolu_e2e_1", content: "hi" };
    await ask(pair.gatewayUrl, "messages", bearer(user.key), {
      messages: [{ role: "user", content: [result] }],
    });
    const [first, second] = await recordOf(user, 2);
    expect(first?.toolUsages).toMatchObject([
      { providerToolCallId: "toolu_e2e_1", tool: "shell", arguments: '{"command":"echo hi"}' },
    ]);
    expect(second?.interception).toMatchObject({
      parentId: first?.interception?.id,
      rootId: first?.interception?.id,
    });
    expect(second?.prompts).toEqual([]);
  },
);

proves("record.rows", "an error of the provider is on record as that", async () => {
  const { pair, upstream } = world();
  const user = await createUser(pair);
  upstream.answer("chat-completions", chatCompletions.error(429));
  const answer = await ask(pair.gatewayUrl, "chat-completions", bearer(user.key));
  expect(answer.body.equals(bodyOf(chatCompletions.error(429)))).toBe(true);
  const [detail] = await recordOf(user, 1);
  expect(detail?.interception?.ended).toMatchObject({
    status: InterceptionStatus.FAILED,
    upstreamStatus: 429,
  });
});

proves(
  "record.own",
  "a member reads its own record, and of another's not even that it exists",
  async () => {
    const { pair } = world();
    const [ada, eve] = [await createUser(pair), await createUser(pair)];
    await ask(pair.gatewayUrl, "messages", bearer(ada.key));
    const [detail] = await recordOf(ada, 1);
    const id = detail?.interception?.id ?? "";
    const own = await coderdClients(pair.coderdUrl, ada.key).interceptions.listInterceptions({});
    expect(own.interceptions.map((interception) => interception.id)).toEqual([id]);
    const eves = coderdClients(pair.coderdUrl, eve.key);
    expect((await eves.interceptions.listInterceptions({})).interceptions).toEqual([]);
    await expect(eves.interceptions.getInterception({ id })).rejects.toMatchObject({
      code: Code.PermissionDenied,
    });
  },
);

proves(
  "record.crash",
  "a gateway that is killed in mid-stream ends it as interrupted at its next start, once",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const next = upstream.next();
    const asking = ask(pair.gatewayUrl, "messages", bearer(user.key), { stream: true }).catch(
      () => "cut",
    );
    const call = await next;
    call.respond(200, [["content-type", "text/event-stream"]]);
    await call.write("event: ping\ndata: {}\n\n");
    const gateway = pair.process.logs.all.findLast(
      (line) => line.service === "aibridged" && "processId" in line,
    );
    process.kill(Number(gateway?.processId), "SIGKILL");
    expect(await asking).toBe("cut");
    const [detail] = await recordOf(user, 1);
    expect(detail?.interception?.ended?.status).toBe(InterceptionStatus.INTERRUPTED);
  },
);

proves(
  "record.coderd-away",
  "what happens while coderd is away is on record once it is back",
  async () => {
    const { pair, upstream } = world();
    const user = await createUser(pair);
    const next = upstream.next();
    const asking = ask(pair.gatewayUrl, "messages", bearer(user.key));
    const call = await next;
    const coderd = pair.process.logs.all.findLast(
      (line) => line.service === "coderd" && "processId" in line,
    );
    process.kill(Number(coderd?.processId), "SIGKILL");
    // The provider answers while there is nobody to tell of it.
    await call.play(messages.text());
    expect((await asking).status).toBe(200);
    const [detail] = await eventually(
      () => recordOf(user, 1).catch(() => []),
      (details) => details.length === 1,
    );
    expect(detail?.interception?.ended?.status).toBe(InterceptionStatus.COMPLETED);
    expect(detail?.tokenUsages).toMatchObject([{ inputTokens: 25n, outputTokens: 7n }]);
  },
);
