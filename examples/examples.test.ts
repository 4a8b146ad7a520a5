import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { searchPath } from "@aibridge/testing/environment";
import { type FakeUpstream, startFakeUpstream } from "@aibridge/testing/fake-upstream";
import { type Pair, StartedProcess, startPair } from "@aibridge/testing/harness";
import { suiteThatNeeds } from "@aibridge/testing/suite-that-needs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { differences, examplePath } from "./client-example.ts";
import { goExample } from "./go-example.ts";
import { pythonExample } from "./python-example.ts";

/** The first build of a toolchain takes its time. */
const buildTimeoutMs = 300_000;
const runTimeoutMs = 60_000;
const providerKey = "sk-only-the-gateway-knows";

let upstream: FakeUpstream;
let pair: Pair;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  upstream = opened.use(await startFakeUpstream({ apiKey: providerKey }));
  const provider = { url: upstream.url, apiKey: providerKey };
  pair = opened.use(await startPair({ anthropic: provider, openai: provider }));
}, runTimeoutMs);
afterAll(() => opened.disposeAsync());

/** Runs a program with these variables alone. */
async function run([command = "", ...args]: readonly string[], env: Record<string, string>) {
  await using started = new StartedProcess({ command, args, env: { PATH: searchPath, ...env } });
  const { code } = await started.exited;
  return { code, stdout: started.output.tail(), stderr: started.logs.tail() };
}

// proves: clients.go, clients.python
for (const example of [await goExample(), await pythonExample()]) {
  suiteThatNeeds(example.missing, `the ${example.language} client`, () => {
    let folder: string;
    let command: readonly string[];
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "aibridge-example-"));
      command = await example.build(folder);
    }, buildTimeoutMs);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const ask = (args: readonly string[], env: Record<string, string> = {}) =>
      run([...command, ...args], {
        AIBRIDGE_URL: pair.coderdUrl,
        AIBRIDGE_GATEWAY_KEY: pair.gatewayKey,
        ...env,
      });

    test(
      "says whose key it is, by the full key and by its id",
      async () => {
        const { user } = await pair.owner.users.getUser({
          user: { case: "username", value: "user" },
        });
        const keyId = pair.apiKey.slice(0, 10);
        const answer = {
          code: 0,
          stdout: `owner: ${user?.id}\nusername: user\nkey id: ${keyId}`,
          stderr: "",
        };
        expect(await ask([], { AIBRIDGE_API_KEY: pair.apiKey })).toEqual(answer);
        expect(await ask(["--key-id", keyId])).toEqual(answer);
      },
      runTimeoutMs,
    );

    test(
      "says the typed reason of a refusal, by the full key and by its id",
      async () => {
        const wrongSecret = `${pair.apiKey.slice(0, 10)}-0000000000000000000000`;
        expect(await ask([], { AIBRIDGE_API_KEY: wrongSecret })).toEqual({
          code: 1,
          stdout: "refused: AUTHORIZATION_FAILURE_REASON_INVALID_KEY (invalid key)",
          stderr: "",
        });
        expect(await ask(["--key-id", "0000000000"])).toEqual({
          code: 1,
          stdout: "refused: AUTHORIZATION_FAILURE_REASON_UNKNOWN_KEY (unknown key)",
          stderr: "",
        });
      },
      runTimeoutMs,
    );

    test(
      "does not take an outage for a refusal",
      async () => {
        // The port is privileged, and nobody serves it on a loopback address.
        const { code, stdout, stderr } = await ask([], { AIBRIDGE_URL: "http://127.0.0.1:1" });
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).toContain("no answer: ");
      },
      runTimeoutMs,
    );

    test(
      "is generated from the proto files as they are",
      async () => {
        await example.generate(folder);
        expect(await differences(example.committed, join(folder, "gen"))).toBe("");
      },
      buildTimeoutMs,
    );
  });
}

describe("the SDKs, for a user whose key id is all that is known", () => {
  const answers = "anthropic: Hello from the upstream.\nopenai: Hello from the upstream.";

  async function runProgram(file: string, env: Record<string, string>): Promise<void> {
    upstream.clear();
    const program = [process.execPath, examplePath(`typescript/${file}`)];
    const delegated = {
      AIBRIDGE_GATEWAY_KEY: pair.gatewayKey,
      AIBRIDGE_API_KEY_ID: pair.apiKey.slice(0, 10),
    };
    const result = await run(program, { ...delegated, ...env });
    expect(result).toEqual({ code: 0, stdout: answers, stderr: "" });
    const [messages, completions] = upstream.requests;
    expect(messages?.header("x-api-key")).toEqual([providerKey]);
    expect(completions?.header("authorization")).toEqual([`Bearer ${providerKey}`]);
  }

  test(
    "in-process.ts embeds the gateway",
    () =>
      runProgram("in-process.ts", {
        AIBRIDGE_CODERD_URL: pair.coderdUrl,
        ANTHROPIC_BASE_URL: upstream.url,
        ANTHROPIC_API_KEY: providerKey,
        OPENAI_BASE_URL: `${upstream.url}/v1`,
        OPENAI_API_KEY: providerKey,
      }),
    runTimeoutMs,
  );

  test(
    "remote.ts calls a gateway over HTTP",
    () => runProgram("remote.ts", { AIBRIDGE_GATEWAY_URL: pair.gatewayUrl }),
    runTimeoutMs,
  );
});
