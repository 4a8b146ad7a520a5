import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import {
  type Interception,
  InterceptionSchema,
  type ListInterceptionsRequest,
} from "@aibridge/proto/coder/aibridge/v1/interception";
import { InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import { create } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { expect, test } from "@jest/globals";
import { follow } from "./follow.ts";
import { startRecordServer } from "./test-record-server.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

function interceptionOf(id: string, start: string, ended = false): Interception {
  return create(InterceptionSchema, {
    id,
    startTime: timestampFromDate(new Date(start)),
    started: { model: "gpt-6" },
    ...(ended && { ended: { status: InterceptionStatus.COMPLETED } }),
  });
}

/** Answers round after round, and stops after the last. */
async function followed(rounds: readonly (readonly Interception[])[]) {
  const stop = new AbortController();
  const cursors: string[] = [];
  const seen: string[] = [];
  await follow(
    {
      since: new Date("2026-11-23T10:00:00Z"),
      intervalMs: 1,
      async list(since) {
        cursors.push(since.toISOString());
        const found = rounds[cursors.length - 1] ?? [];
        if (cursors.length > rounds.length) stop.abort();
        return found;
      },
      onChange: ({ id, ended }) => seen.push(ended ? `${id} ended` : id),
    },
    stop.signal,
  );
  return { cursors, seen };
}

test("each start and each end is told once, the oldest first, late events too", async () => {
  const { seen } = await followed([
    [
      interceptionOf("b", "2026-11-23T10:00:02Z"),
      interceptionOf("a", "2026-11-23T10:00:01Z", true),
    ],
    [
      interceptionOf("b", "2026-11-23T10:00:02Z"),
      interceptionOf("a", "2026-11-23T10:00:01Z", true),
    ],
    [
      interceptionOf("b", "2026-11-23T10:00:02Z", true),
      interceptionOf("a", "2026-11-23T10:00:01Z", true),
      interceptionOf("late", "2026-11-23T10:00:00.500Z"),
    ],
  ]);
  expect(seen).toEqual(["a ended", "b", "late", "b ended"]);
});

test("the cursor waits for what runs, an hour at most, and else keeps a minute behind", async () => {
  const { cursors } = await followed([
    [
      interceptionOf("a", "2026-11-23T10:10:00Z"),
      interceptionOf("b", "2026-11-23T10:30:00Z", true),
    ],
    [interceptionOf("c", "2026-11-23T11:30:00Z", true)],
    [],
  ]);
  expect(cursors).toEqual([
    "2026-11-23T10:00:00.000Z",
    "2026-11-23T10:10:00.000Z",
    "2026-11-23T10:30:00.000Z",
    "2026-11-23T11:29:00.000Z",
  ]);
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "tail prints a line for each change until %s, and ends cleanly",
  async (signal) => {
    const asked: ListInterceptionsRequest[] = [];
    await using server = await startRecordServer({
      interceptions: {
        listInterceptions(request) {
          asked.push(request);
          const found = interceptionOf("one", "2026-11-23T10:00:01Z", asked.length > 1);
          return { interceptions: [found], nextPageToken: "" };
        },
      },
    });
    const flags = ["--since", "2026-11-23T10:00Z", "--model", "gpt-6", "--interval", "100ms"];
    const child = spawn(process.execPath, [main, "sessions", "tail", "--json", ...flags], {
      env: server.env,
      timeout: 20_000,
    });
    const exited = new Promise((resolve) => child.once("close", resolve));
    const stderr = text(child.stderr);
    const lines: unknown[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(JSON.parse(line));
      if (lines.length === 2) child.kill(signal);
    }
    expect([await exited, await stderr]).toEqual([0, ""]);
    expect(lines).toMatchObject([
      { interception: { id: "one", started: { model: "gpt-6" } } },
      { interception: { id: "one", ended: { status: "INTERCEPTION_STATUS_COMPLETED" } } },
    ]);
    const [first] = asked;
    expect(first?.filter?.model).toBe("gpt-6");
    expect(first?.filter?.startTime && timestampDate(first.filter.startTime)).toEqual(
      new Date("2026-11-23T10:00:00Z"),
    );
  },
);
