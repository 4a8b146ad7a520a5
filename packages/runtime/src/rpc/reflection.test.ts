import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ServerReflection } from "@aibridge/proto/grpc/reflection/v1/reflection";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, test } from "@jest/globals";
import { startListener } from "./test-listener.ts";

/** `buf` as npm installed it: a program that we did not write, in Go. */
async function bufCurl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("npx", ["--no", "buf", "curl", ...args]);
  return stdout;
}

const getUser = "coder.aibridge.v1.UserService/GetUser";

test.each([
  ["connect", "grpc-v1"],
  ["grpc", "grpc-v1"],
  ["grpcweb", "grpc-v1"],
  ["connect", "grpc-v1alpha"],
])("buf curl calls over %s with the schema it learned by %s", async (protocol, reflection) => {
  const { listener } = await startListener();
  await using _ = listener;
  const how = ["--http2-prior-knowledge", "--protocol", protocol, "--reflect-protocol", reflection];
  const answer = await bufCurl(...how, "--data", '{"id":"ann"}', `${listener.url}/${getUser}`);
  expect(JSON.parse(answer)).toEqual({ user: { id: "ann" } });
});

test("buf curl lists every service, the standard ones included", async () => {
  const { listener } = await startListener();
  await using _ = listener;
  const listed = await bufCurl("--http2-prior-knowledge", "--list-services", listener.url);
  expect(listed.trim().split("\n")).toEqual([
    "coder.aibridge.v1.UserService",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
  ]);
});

type Question = Parameters<typeof ask>[0];

async function ask(question: { case: "fileByFilename" | "fileContainingSymbol"; value: string }) {
  const { listener } = await startListener();
  await using _ = listener;
  const client = createClient(ServerReflection, createGrpcTransport({ baseUrl: listener.url }));
  async function* questions() {
    yield { messageRequest: question };
  }
  for await (const { messageResponse } of client.serverReflectionInfo(questions())) {
    return messageResponse;
  }
  return undefined;
}

const inUserProto: Question[] = [
  { case: "fileByFilename", value: "coder/aibridge/v1/user.proto" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.UserService" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.UserService.GetUser" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.User" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.User.username" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.GetUserRequest.user" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.UserRole" },
  { case: "fileContainingSymbol", value: "coder.aibridge.v1.USER_ROLE_OWNER" },
];
test.each(inUserProto)("$value is found, with what its file imports", async (question) => {
  const answer = await ask(question);
  const files = answer?.case === "fileDescriptorResponse" ? answer.value.fileDescriptorProto : [];
  expect(files.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)).toEqual([
    "coder/aibridge/v1/user.proto",
    "google/protobuf/timestamp.proto",
  ]);
});

test.each<Question>([
  { case: "fileByFilename", value: "no/such.proto" },
  { case: "fileContainingSymbol", value: "no.Such" },
])("$value is answered as not found", async (question) => {
  expect(await ask(question)).toMatchObject({ case: "errorResponse", value: { errorCode: 5 } });
});
