import {
  InterceptionErrorType,
  InterceptionStatus,
} from "@aibridge/proto/coder/aibridge/v1/recorder";
import { type Answer, messages, type UpstreamCall } from "@aibridge/testing/fake-upstream";
import { expect, jest } from "@jest/globals";
import { ask, bearer, bodies, jsonHeaders, paths } from "../ask.ts";
import { eventually } from "../eventually.ts";
import { open } from "../http.ts";
import { proves } from "../proves.ts";
import { share } from "../share.ts";
import { startScene } from "./scene.ts";

jest.setTimeout(120_000);

const scene = share(() =>
  startScene(undefined, {
    AIBRIDGE_UPSTREAM_FIRST_BYTE_TIMEOUT: "1s",
    AIBRIDGE_UPSTREAM_IDLE_TIMEOUT: "1s",
  }),
);

const stream: Answer = messages.textStream();
/** The provider's words until it breaks off, its first count of tokens among them. */
const beginning = stream.chunks.slice(0, 4);

async function begin(call: UpstreamCall): Promise<void> {
  call.respond(200, stream.headers);
  for (const chunk of beginning) await call.write(chunk);
}

interface Fault {
  readonly title: string;
  readonly play: (call: UpstreamCall) => Promise<void>;
  /** What the client is answered. */
  readonly httpStatus: number;
  readonly status: InterceptionStatus;
  readonly errorType: InterceptionErrorType;
  /** What the provider answered; 0 if it did not. */
  readonly upstreamStatus: number;
  /** Input and output tokens, and whether they are partial. */
  readonly usages: readonly (readonly [input: bigint, output: bigint, partial: boolean])[];
}

const { FAILED, COMPLETED } = InterceptionStatus;
const { SERVER_ERROR, TIMEOUT, UNKNOWN, UNSPECIFIED } = InterceptionErrorType;
const unanswered = { status: FAILED, upstreamStatus: 0, usages: [] } as const;
const brokenOff = {
  httpStatus: 200,
  status: FAILED,
  upstreamStatus: 200,
  usages: [[25n, 1n, true]],
} as const;

const faults: readonly Fault[] = [
  {
    title: "is silent from the beginning",
    play: (call) => call.stall(),
    httpStatus: 504,
    errorType: TIMEOUT,
    ...unanswered,
  },
  {
    title: "resets before its head",
    play: async (call) => call.reset(),
    httpStatus: 502,
    errorType: SERVER_ERROR,
    ...unanswered,
  },
  {
    title: "sends what is no HTTP",
    play: async (call) => {
      await call.garbage("SSH-2.0-OpenSSH_9.6\r\n\r\n");
      await call.cut();
    },
    httpStatus: 502,
    errorType: SERVER_ERROR,
    ...unanswered,
  },
  {
    title: "falls silent in the middle",
    play: async (call) => {
      await begin(call);
      await call.stall();
    },
    errorType: TIMEOUT,
    ...brokenOff,
  },
  {
    title: "cuts in the middle",
    play: async (call) => {
      await begin(call);
      await call.cut();
    },
    errorType: UNKNOWN,
    ...brokenOff,
  },
  {
    title: "sends half a chunk",
    play: async (call) => {
      await begin(call);
      await call.garbage("1000\r\nevent: content_block_delta\ndata: {");
      await call.cut();
    },
    errorType: UNKNOWN,
    ...brokenOff,
  },
  {
    title: "sends no chunk where one should be",
    play: async (call) => {
      await begin(call);
      await call.garbage("no chunk of HTTP begins like this\r\n");
      await call.closed;
    },
    errorType: UNKNOWN,
    ...brokenOff,
  },
  {
    title: "sends events that nobody can read",
    play: async (call) => {
      call.respond(200, stream.headers);
      await call.end("data: {oops\n\ndata: [1]\n\n");
    },
    httpStatus: 200,
    status: COMPLETED,
    errorType: UNSPECIFIED,
    upstreamStatus: 200,
    usages: [],
  },
];

for (const fault of faults) {
  proves(
    ["record.provider-faults", "record.one-start-one-end"],
    `a provider that ${fault.title} leaves one start, one end and what it said until then`,
    async () => {
      const { coderd, gateway, upstream } = scene();
      const model = fault.title;
      const next = upstream.next();
      const answering = open(`${gateway.gatewayUrl}${paths.messages}`, {
        method: "POST",
        headers: [...jsonHeaders, ...bearer(coderd.apiKey)],
        body: JSON.stringify({ ...bodies.messages, model, stream: true }),
      });
      const playing = next.then(fault.play);
      const answer = await answering;
      answer.on("error", () => {});
      await new Promise((resolve) => answer.resume().once("close", resolve));
      await playing;
      expect(answer.statusCode).toBe(fault.httpStatus);

      const { interceptions } = coderd.owner;
      const list = await eventually(
        () => interceptions.listInterceptions({ filter: { model } }),
        (page) => page.interceptions.some(({ ended }) => ended),
      );
      const [row, ...others] = list.interceptions;
      expect(others).toEqual([]);
      expect(row?.ended).toMatchObject({
        status: fault.status,
        errorType: fault.errorType,
        upstreamStatus: fault.upstreamStatus,
      });
      const { interception: detail } = await interceptions.getInterception({ id: row?.id ?? "" });
      expect(
        detail?.tokenUsages.map((usage) => [usage.inputTokens, usage.outputTokens, usage.partial]),
      ).toEqual(fault.usages);
      // And nobody else has to suffer for it.
      expect((await ask(gateway.gatewayUrl, "messages", bearer(coderd.apiKey))).status).toBe(200);
    },
  );
}
