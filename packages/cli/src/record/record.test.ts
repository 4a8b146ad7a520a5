import type { ListInterceptionsRequest } from "@aibridge/proto/coder/aibridge/v1/interception";
import { ContentPrivacy, InterceptionStatus } from "@aibridge/proto/coder/aibridge/v1/recorder";
import {
  type ListSessionsRequest,
  type SummarizeUsageRequest,
  UsageGrouping,
} from "@aibridge/proto/coder/aibridge/v1/session";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { runHere } from "../test-command.ts";
import { type RecordAnswers, startRecordServer } from "./test-record-server.ts";

const adaId = "0197b2a6-0000-7000-8000-000000000001";
const at = (text: string) => timestampFromDate(new Date(text));
const users = {
  listUsers: () => ({ users: [{ id: adaId, username: "ada" }], nextPageToken: "" }),
};
const session = {
  id: "ses-1",
  userId: adaId,
  client: "Claude Code",
  clientSessionId: "0d9c2f6e",
  startTime: at("2026-11-23T10:00:00Z"),
  lastActiveTime: at("2026-11-23T10:05:00Z"),
  interceptions: 2n,
  usage: { interceptions: 2n, inputTokens: 30n, outputTokens: 400n, cacheReadTokens: 5n },
};
const interception = {
  id: "019a0000-0000-7000-8000-000000000001",
  sessionId: "ses-1",
  rootId: "019a0000-0000-7000-8000-000000000001",
  startTime: at("2026-11-23T10:00:00Z"),
  endTime: at("2026-11-23T10:00:02.500Z"),
  started: {
    initiatorId: adaId,
    providerName: "anthropic",
    model: "claude-sonnet-5-5",
    client: "Claude Code",
    metadata: { Username: "ada" },
  },
  ended: { status: InterceptionStatus.COMPLETED },
};

async function run(answers: RecordAnswers, ...args: string[]) {
  await using server = await startRecordServer({ users, ...answers });
  const { code, stdout, stderr } = await runHere(args, server.env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

test("sessions list shows people a table with names, and asks for what the flags say", async () => {
  const asked: ListSessionsRequest[] = [];
  const listSessions = (request: ListSessionsRequest) => {
    asked.push(request);
    return { sessions: [session], nextPageToken: "" };
  };
  const flags = [
    ...["--user", adaId, "--client", "Claude Code", "--since", "2026-11-23"],
    ...["--provider", "anthropic", "--model", "claude-a", "--status", "failed"],
    ...["--session", "0d9c2f6e", "--until", "2026-11-24"],
  ];
  expect(await run({ sessions: { listSessions } }, "sessions", "list", ...flags)).toBe(
    [
      "ID     USER  CLIENT       STARTED               LAST ACTIVE           REQUESTS  INPUT  OUTPUT  CACHE READ  CACHE WRITE",
      "ses-1  ada   Claude Code  2026-11-23T10:00:00Z  2026-11-23T10:05:00Z  2         30     400     5           0",
      "",
    ].join("\n"),
  );
  expect(asked).toMatchObject([
    {
      userId: adaId,
      client: "Claude Code",
      providerName: "anthropic",
      model: "claude-a",
      status: InterceptionStatus.FAILED,
      clientSessionId: "0d9c2f6e",
      activeUntil: at("2026-11-24T00:00:00Z"),
      pageSize: 100,
      pageToken: "",
    },
  ]);
  expect(asked[0]?.activeSince && timestampDate(asked[0].activeSince).toISOString()).toBe(
    "2026-11-23T00:00:00.000Z",
  );
});

test("a list goes on over pages up to its limit, and says so if there is more", async () => {
  const asked: unknown[] = [];
  const listSessions = ({ pageSize, pageToken }: ListSessionsRequest) => {
    asked.push([pageSize, pageToken]);
    const sessions = [{ ...session, id: `ses-${asked.length}` }];
    return { sessions, nextPageToken: `after-${asked.length}` };
  };
  const out = await run({ sessions: { listSessions } }, "sessions", "list", "--limit", "2");
  expect(asked).toEqual([
    [2, ""],
    [1, "after-1"],
  ]);
  expect(out).toMatch(/\nses-2 .*\n\nThe first 2; there are more, see --limit\n$/);
});

test("programs get the messages as protobuf's JSON", async () => {
  const listSessions = () => ({ sessions: [session], nextPageToken: "" });
  const out = await run({ sessions: { listSessions } }, "sessions", "list", "--json");
  expect(JSON.parse(out)).toEqual({
    sessions: [
      {
        id: "ses-1",
        userId: adaId,
        client: "Claude Code",
        clientSessionId: "0d9c2f6e",
        startTime: "2026-11-23T10:00:00Z",
        lastActiveTime: "2026-11-23T10:05:00Z",
        interceptions: "2",
        usage: {
          interceptions: "2",
          inputTokens: "30",
          outputTokens: "400",
          cacheReadTokens: "5",
          cacheWriteTokens: "0",
        },
      },
    ],
    more: false,
  });
});

test("a member, who may not list users, sees ids", async () => {
  const listSessions = () => ({ sessions: [session], nextPageToken: "" });
  const listUsers = () => {
    throw new ConnectError("owners and auditors only", Code.PermissionDenied);
  };
  const out = await run({ sessions: { listSessions }, users: { listUsers } }, "sessions", "list");
  expect(out).toContain(`ses-1  ${adaId}  Claude Code`);
});

test("sessions show has each turn with its tokens, tools and prompt, and obeys no escape in them", async () => {
  const turn = (prompt: string, privacy: ContentPrivacy) => ({
    interception,
    tokenUsages: [
      { inputTokens: 10n, outputTokens: 200n },
      { inputTokens: 1n, outputTokens: 2n },
    ],
    prompts: [{ text: prompt, privacy }],
    toolUsages: [{ tool: "Bash" }, { tool: "Read\u001b[2J" }],
  });
  const getSession = ({ id }: { id: string }) => ({
    session: { ...session, id },
    threads: [
      {
        rootId: "019a0000-0000-7000-8000-000000000001",
        turns: [
          turn("Fix\n\u001b[31mthe \u202etest", ContentPrivacy.FULL),
          turn("2cf24dba5fb0a30e26e83b2ac5b9e29e", ContentPrivacy.HASH),
          turn("", ContentPrivacy.OFF),
        ],
      },
    ],
  });
  const out = await run({ sessions: { getSession } }, "sessions", "show", "ses-1");
  expect(out.split("\n")).toEqual([
    "id:           ses-1",
    "user:         ada",
    "client:       Claude Code",
    "client's id:  0d9c2f6e",
    "started:      2026-11-23T10:00:00Z",
    "last active:  2026-11-23T10:05:00Z",
    "requests:     2",
    "",
    "thread 019a0000-0000-7000-8000-000000000001",
    "STARTED               STATUS     TOOK  MODEL              INPUT  OUTPUT  TOOLS          PROMPT",
    "2026-11-23T10:00:00Z  completed  2.5s  claude-sonnet-5-5  11     202     Bash,Read [2J  Fix [31mthe test",
    "2026-11-23T10:00:00Z  completed  2.5s  claude-sonnet-5-5  11     202     Bash,Read [2J  sha256:2cf24dba5fb0...",
    "2026-11-23T10:00:00Z  completed  2.5s  claude-sonnet-5-5  11     202     Bash,Read [2J  (not recorded)",
    "",
  ]);
});

test("interceptions list filters by all that can be filtered by", async () => {
  const asked: ListInterceptionsRequest[] = [];
  const listInterceptions = (request: ListInterceptionsRequest) => {
    asked.push(request);
    return { interceptions: [interception], nextPageToken: "" };
  };
  const flags = [
    ...["--provider", "anthropic", "--model", "claude-sonnet-5-5", "--client", "Codex"],
    ...["--session", "ses-1", "--status", "failed"],
    ...["--since", "2026-11-23T10:00Z", "--until", "2026-11-23T12:00:00+01:00"],
  ];
  const out = await run(
    { interceptions: { listInterceptions } },
    "interceptions",
    "list",
    ...flags,
  );
  expect(out.split("\n")[1]).toBe(
    "2026-11-23T10:00:00Z  completed  2.5s  ada   Claude Code  anthropic  claude-sonnet-5-5  ses-1",
  );
  expect(asked[0]?.filter).toMatchObject({
    userId: "",
    providerName: "anthropic",
    model: "claude-sonnet-5-5",
    client: "Codex",
    sessionId: "ses-1",
    status: InterceptionStatus.FAILED,
    startTime: at("2026-11-23T10:00:00Z"),
    endTime: at("2026-11-23T11:00:00Z"),
  });
});

test("usage sums by the groups that were asked for, with names for users", async () => {
  const asked: SummarizeUsageRequest[] = [];
  const summarizeUsage = (request: SummarizeUsageRequest) => {
    asked.push(request);
    return { summaries: [{ group: [adaId, "2026-11-23"], usage: session.usage }] };
  };
  const out = await run({ sessions: { summarizeUsage } }, "usage", "--by", "user,day");
  expect(out).toBe(
    [
      "USER  DAY         REQUESTS  INPUT  OUTPUT  CACHE READ  CACHE WRITE",
      "ada   2026-11-23  2         30     400     5           0",
      "",
    ].join("\n"),
  );
  expect(asked[0]?.groupBy).toEqual([UsageGrouping.USER, UsageGrouping.DAY]);
});

test.each([
  [
    "usage --by model,model",
    '--by (AIBRIDGE_BY) must be a list, each once, of user, model, provider, client, day, not "model,model"',
  ],
  [
    "usage --by colour",
    '--by (AIBRIDGE_BY) must be a list, each once, of user, model, provider, client, day, not "colour"',
  ],
  [
    "interceptions list --status done",
    '--status (AIBRIDGE_STATUS) must be one of completed, failed, cancelled, interrupted, not "done"',
  ],
  [
    "sessions list --since yesterday",
    '--since (AIBRIDGE_SINCE) must be how long ago (30m, 12h, 7d), a day such as 2026-11-23, or a time such as 2026-11-23T18:00Z, not "yesterday"',
  ],
])("`aibridge %s` is a mistake and is named", async (args, message) => {
  const env = { AIBRIDGE_URL: "http://127.0.0.1:1", AIBRIDGE_TOKEN: "abcdefghij-klmnop" };
  expect(await runHere(args.split(" "), env)).toEqual({
    code: 2,
    stdout: "",
    stderr: `aibridge: ${message}\n`,
  });
});
