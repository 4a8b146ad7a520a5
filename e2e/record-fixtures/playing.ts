import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Answer } from "@aibridge/testing/fake-upstream";
import type { paths } from "../ask.ts";
import type { Expected } from "./expected.ts";

/** A format, and the folder of its fixtures. */
export type FixtureFormat = keyof typeof paths;

/** One request that a fixture answers. */
export interface Playing {
  /** Names it: the request's model, and so the row's. */
  readonly model: string;
  readonly streaming: boolean;
  /** Of a chat stream: whether the client itself asks for its usage. */
  readonly asksForUsage: boolean;
  readonly answer: Answer;
  /** What the client must get, to the byte. */
  readonly bytes: Buffer;
}

const root = new URL("../../packages/aibridge/src/intercept/fixtures/", import.meta.url);

/** The names of all fixtures of a format, sorted. */
export function fixtureNames(format: FixtureFormat): string[] {
  const files = readdirSync(new URL(format, root));
  return [...new Set(files.map((file) => file.slice(0, file.lastIndexOf("."))))].sort();
}

/** Ways in which a network may cut bytes into chunks. */
const chunkings: Readonly<Record<string, (bytes: Buffer) => Buffer[]>> = {
  "in-one-piece": (bytes) => [bytes],
  "an-event-a-chunk": (bytes) =>
    bytes
      .toString("latin1")
      .split(/(?<=\n\n)/)
      .map(latin1),
  "seven-bytes-a-chunk": (bytes) =>
    bytes
      .toString("latin1")
      .match(/.{1,7}/gs)
      ?.map(latin1) ?? [],
  // Each of them a packet through two processes: the long fixtures would show no more.
  "a-byte-a-chunk": (bytes) =>
    bytes.length < 1_500 ? Array.from(bytes, (byte) => Buffer.of(byte)) : [bytes],
};

/** Every way to play a fixture: as a stream and as a whole, in all chunkings, asked for usage or not. */
export function playingsOf(format: FixtureFormat, expected: Expected): Playing[] {
  const streamed = fixture(format, `${expected.name}.sse`);
  const whole = fixture(format, `${expected.name}.json`);
  return Object.entries(chunkings).flatMap(([chunking, cut]) => {
    const played = (bytes: Buffer, streaming: boolean, asksForUsage: boolean): Playing => ({
      model: [expected.name, streaming ? "stream" : "whole", asksForUsage, chunking].join("."),
      streaming,
      asksForUsage,
      answer: answerOf(expected, cut(bytes), streaming),
      bytes: streaming && !asksForUsage ? withoutUsageChunk(format, bytes) : bytes,
    });
    const isChat = format === "chat-completions";
    return [
      ...(streamed ? [played(streamed, true, true)] : []),
      ...(streamed && isChat ? [played(streamed, true, false)] : []),
      ...(whole ? [played(whole, false, false)] : []),
    ];
  });
}

function fixture(format: FixtureFormat, file: string): Buffer | undefined {
  const url = new URL(`${format}/${file}`, root);
  return existsSync(url) ? readFileSync(url) : undefined;
}

function answerOf(expected: Expected, chunks: Buffer[], streaming: boolean): Answer {
  return {
    status: expected.upstreamStatus ?? 200,
    headers: [
      ["content-type", streaming ? "text/event-stream" : "application/json"],
      ["x-request-id", "req_fixture"],
    ],
    chunks,
    ending: expected.breaksOff ? "cut" : "end",
  };
}

/**
 * The one difference between what the provider sends and what a client gets:
 * in a chat stream whose usage only the gateway asked for, the chunk with that
 * usage, known by its empty `choices`, is not the client's.
 */
function withoutUsageChunk(format: FixtureFormat, bytes: Buffer): Buffer {
  if (format !== "chat-completions") return bytes;
  const events = bytes.toString("latin1").split(/(?<=\n\n)/);
  return latin1(events.filter((event) => !event.includes('"choices":[],"usage":{')).join(""));
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}
