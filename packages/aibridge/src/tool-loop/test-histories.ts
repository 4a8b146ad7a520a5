import type { Seen } from "./test-clients.ts";
import type { Route } from "./test-turns.ts";

/** The conversation with which a client comes back: what it saw, and its results by call. */
export function historyOf(
  route: Route,
  { texts, calls }: Seen,
  results: Readonly<Record<string, string>>,
): object[] {
  const content = texts[0] ?? "";
  const answers = Object.entries(results);
  if (route === "messages") {
    const text = { type: "text", text: content };
    const uses = calls.map(({ id, name, args }) => ({
      type: "tool_use",
      id,
      name,
      input: JSON.parse(args),
    }));
    const given = answers.map(([tool_use_id, content]) => ({
      type: "tool_result",
      tool_use_id,
      content,
    }));
    return [
      { role: "user", content: "hi" },
      { role: "assistant", content: [text, ...uses] },
      { role: "user", content: [...given, { type: "text", text: "go on" }] },
    ];
  }
  if (route === "chat-completions") {
    const tool_calls = calls.map(({ id, name, args }) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    }));
    return [
      { role: "user", content: "hi" },
      { role: "assistant", content, tool_calls },
      ...answers.map(([tool_call_id, content]) => ({ role: "tool", tool_call_id, content })),
    ];
  }
  return [
    { role: "user", content: "hi" },
    { role: "assistant", content },
    ...calls.map(({ id: call_id, name, args }) => ({
      type: "function_call",
      call_id,
      name,
      arguments: args,
    })),
    ...answers.map(([call_id, output]) => ({ type: "function_call_output", call_id, output })),
  ];
}

/** What a conversation goes on with. */
export function goesOn(): object[] {
  const said = { role: "assistant", content: "Done." };
  const next = { role: "user", content: "And now?" };
  return [said, next];
}

interface Exchange {
  readonly calls: readonly unknown[];
  readonly results: Readonly<Record<string, unknown>>;
}

/** All tool calls and results in a request, by id, in order. */
export function exchangeIn(route: Route, body: Record<string, unknown>): Exchange {
  const entries = list(route === "responses" ? body.input : body.messages);
  const blocks = route === "messages" ? entries.flatMap(({ content }) => list(content)) : entries;
  const calls = blocks.flatMap((block) => {
    if (block.type === "tool_use") return [block.id];
    if (block.type === "function_call") return [block.call_id];
    return list(block.tool_calls).map(({ id }) => id);
  });
  const results = blocks.flatMap((block) => {
    if (block.type === "tool_result") return [[block.tool_use_id, textOf(block.content)]];
    if (block.type === "function_call_output") return [[block.call_id, block.output]];
    return block.role === "tool" ? [[block.tool_call_id, block.content]] : [];
  });
  return { calls, results: Object.fromEntries(results) };
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value : [];
}

function textOf(content: unknown): unknown {
  return Array.isArray(content) ? content.map(({ text }) => text).join("") : content;
}
