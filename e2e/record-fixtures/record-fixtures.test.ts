import type { InterceptionDetail } from "@aibridge/proto/coder/aibridge/v1/interception";
import {
  InterceptionErrorType,
  InterceptionStatus,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { jsonOf } from "@aibridge/testing/fake-upstream";
import { expect, test } from "@jest/globals";
import { bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { open } from "../http.ts";
import { proves } from "../proves.ts";
import { createUser, shareWorld } from "../world.ts";
import { chatCompletionsRows } from "./chat-completions.ts";
import type { Expected } from "./expected.ts";
import { messagesRows } from "./messages.ts";
import { type FixtureFormat, fixtureNames, type Playing, playingsOf } from "./playing.ts";
import { responsesRows } from "./responses.ts";

const world = shareWorld();

const tables: readonly (readonly [FixtureFormat, readonly Expected[]])[] = [
  ["messages", messagesRows],
  ["chat-completions", chatCompletionsRows],
  ["responses", responsesRows],
];

for (const [format, table] of tables) {
  test(`every fixture of ${format} is in the table`, () => {
    expect(table.map(({ name }) => name).sort()).toEqual(fixtureNames(format));
  });

  for (const expected of table) {
    proves(
      ["record.rows", "record.stream-equals-whole", "record.chat-usage", "relay.body-down"],
      `${format} ${expected.name}: the provider's bytes reach the client and the same rows the record, stream or whole, however it is cut`,
      () => playAll(format, expected),
    );
  }
}

async function playAll(format: FixtureFormat, expected: Expected): Promise<void> {
  const { pair, upstream } = world();
  const { id: userId, key } = await createUser(pair);
  const playings = playingsOf(format, expected);
  const byModel = new Map(playings.map((playing) => [playing.model, playing]));
  upstream.always(format, (request) => {
    const playing = byModel.get(String(jsonOf(request)?.model));
    if (!playing) throw new Error("a request that no fixture answers");
    return playing.answer;
  });
  await Promise.all(playings.map((playing) => expectBytes(format, key, playing, expected)));

  const rows = await recordOf(userId, playings.length);
  const wanted = rowsFrom(expected);
  for (const { model, streaming } of playings) {
    const detail = rows.get(model);
    expect(detail?.interception?.started?.streaming).toBe(streaming);
    expect({ model, ...rowsOf(detail) }).toEqual({ model, ...wanted });
  }
}

async function expectBytes(
  format: FixtureFormat,
  key: string,
  { model, streaming, asksForUsage, bytes }: Playing,
  { upstreamStatus = 200, breaksOff }: Expected,
): Promise<void> {
  const isChatAsking = format === "chat-completions" && asksForUsage;
  const answer = await open(`${world().pair.gatewayUrl}${paths[format]}`, {
    method: "POST",
    headers: [...jsonHeaders, ...bearer(key)],
    body: JSON.stringify({
      ...bodies[format],
      model,
      stream: streaming,
      ...(isChatAsking && { stream_options: { include_usage: true } }),
    }),
  });
  // Not by iterating: that drops what is left to read when the answer breaks off.
  const received: Buffer[] = [];
  answer.on("data", (chunk: Buffer) => received.push(chunk));
  answer.on("error", () => {});
  await new Promise((resolve) => answer.once("close", resolve));
  expect(Buffer.concat(received).toString("latin1")).toBe(bytes.toString("latin1"));
  expect([answer.statusCode, answer.complete]).toEqual([upstreamStatus, breaksOff !== true]);
}

/** The record of a user by the model that was asked for, once so many interceptions have ended. */
async function recordOf(userId: string, count: number): Promise<Map<string, InterceptionDetail>> {
  const { interceptions } = world().pair.owner;
  const list = await eventually(
    () => interceptions.listInterceptions({ filter: { userId }, pageSize: 1_000 }),
    (page) => page.interceptions.filter(({ ended }) => ended).length >= count,
  );
  expect(list.interceptions).toHaveLength(count);
  const details = list.interceptions.map(async ({ id, started }) => {
    const { interception } = await interceptions.getInterception({ id });
    if (!interception) throw new Error("listed, but not there");
    return [started?.model ?? "", interception] as const;
  });
  return new Map(await Promise.all(details));
}

/** What a table entry says, in the shape of `rowsOf`. */
function rowsFrom(expected: Expected) {
  const { responseId, upstreamStatus = 200, end } = expected;
  return {
    end: {
      status: InterceptionStatus[end.status],
      errorType: InterceptionErrorType[end.errorType],
      errorMessage: end.errorMessage,
      upstreamStatus,
      upstreamRequestId: "req_fixture",
    },
    prompts: ["hi"],
    tokenUsages: expected.tokenUsages.map((usage) => ({
      providerResponseId: responseId,
      ...usage,
    })),
    toolUsages: expected.toolUsages.map((call) => [responseId, ...call]),
    modelThoughts: expected.modelThoughts.map((thought) => [responseId, ...thought]),
  };
}

/** What is on record, less what differs from request to request: ids and times. */
function rowsOf(detail: InterceptionDetail | undefined) {
  const ended = detail?.interception?.ended;
  return {
    end: ended && {
      status: ended.status,
      errorType: ended.errorType,
      errorMessage: ended.errorMessage,
      upstreamStatus: ended.upstreamStatus,
      upstreamRequestId: ended.upstreamRequestId,
    },
    prompts: detail?.prompts.map(({ text }) => text),
    tokenUsages: detail?.tokenUsages.map(({ $typeName, $unknown, ...usage }) => usage),
    toolUsages: detail?.toolUsages.map((call) => [
      call.providerResponseId,
      call.providerToolCallId,
      call.tool,
      call.arguments,
    ]),
    modelThoughts: detail?.modelThoughts.map(({ providerResponseId, kind, text }) => [
      providerResponseId,
      kind,
      text,
    ]),
  };
}
