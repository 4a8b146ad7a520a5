import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { bind } from "@aibridge/runtime";
import { expect, jest, test } from "@jest/globals";
import { runCommand, runHere, temporaryFolder } from "./test-command.ts";

// Some start a real process, and one an embedded database: seconds, and many on a busy machine.
jest.setTimeout(120_000);

const coderd = { AIBRIDGE_URL: "http://127.0.0.1:1", AIBRIDGE_TOKEN: "abcdefghij-klmnop" };
const nowhere = { AIBRIDGE_DATA: "/nonexistent" };

type Case = readonly [args: string, env: Record<string, string>, code: number, message: string];
const mistakes: readonly Case[] = [
  ["frobnicate", {}, 2, "unknown command 'frobnicate'. See --help"],
  ["users crate", {}, 2, "unknown command 'crate' (did you mean create?). See --help"],
  ["users list --colour", {}, 2, "unknown option '--colour'. See --help"],
  ["users create", {}, 2, "missing required argument 'username'. See --help"],
  [
    "users list",
    nowhere,
    2,
    "where is coderd? Start one with `aibridge up`, name its folder with --data (/nonexistent holds no credentials), or set AIBRIDGE_URL and AIBRIDGE_TOKEN",
  ],
  [
    "users list --url http://127.0.0.1:1",
    nowhere,
    2,
    "which key may administer http://127.0.0.1:1? Set AIBRIDGE_TOKEN to an API key",
  ],
  [
    "users list",
    { ...coderd, AIBRIDGE_URL: "localhost" },
    2,
    '--url (AIBRIDGE_URL) must be an http or https URL such as http://127.0.0.1:7080, not "localhost"',
  ],
  ["users list --url=", coderd, 2, "--url is empty"],
  [
    "users create ann --role boss",
    coderd,
    2,
    '--role (AIBRIDGE_ROLE) must be one of owner, auditor, member, not "boss"',
  ],
  [
    "providers create x --type openai --credential-env SOME_KEY",
    coderd,
    2,
    "SOME_KEY holds no credential",
  ],
  [
    "users list",
    coderd,
    1,
    "coderd at http://127.0.0.1:1 can't be reached (ECONNREFUSED). Is it running? Start it with `aibridge up`, or correct AIBRIDGE_URL",
  ],
  ["bootstrap", {}, 2, "which store? Set DATABASE_URL, or --data for an embedded one"],
  [
    "bootstrap",
    { DATABASE_URL: "postgres://u:p@127.0.0.1:1/x" },
    1,
    "can't open the database 127.0.0.1:1/x: connect ECONNREFUSED 127.0.0.1:1. Is it running? Start it, or correct DATABASE_URL",
  ],
  [
    "up --gateway-listen nowhere --drain-timeout 1y",
    {},
    2,
    '--gateway-listen (AIBRIDGE_GATEWAY_LISTEN) must be an address to listen on such as 127.0.0.1:7080, [::1]:7080 or :7080, not "nowhere"\n--drain-timeout (AIBRIDGE_DRAIN_TIMEOUT) must be a duration such as 500ms, 30s, 10m or 1h, from 0ms to 24h, not "1y"',
  ],
  [
    "aibridged",
    {},
    2,
    "--gateway-key (AIBRIDGE_GATEWAY_KEY) must be set to a secret of visible ASCII characters without spaces",
  ],
];

test.each(mistakes)(
  "`aibridge %s` with %j exits with %i and says why",
  async (args, env, code, message) => {
    expect(await runHere(args.split(" "), env)).toEqual({
      code,
      stdout: "",
      stderr: `aibridge: ${message}\n`,
    });
  },
);

test("with --json an error is one line of JSON on stderr, and stdout stays empty", async () => {
  const { code, stdout, stderr } = await runCommand(["users", "list", "--json"], coderd);
  expect([code, stdout]).toEqual([1, ""]);
  expect(JSON.parse(stderr)).toEqual({
    error: {
      code: "unavailable",
      message:
        "coderd at http://127.0.0.1:1 can't be reached (ECONNREFUSED). Is it running? Start it with `aibridge up`, or correct AIBRIDGE_URL",
    },
  });
});

test("a credential that is wrong is not shown", async () => {
  const env = { ...coderd, AIBRIDGE_TOKEN: "hunter2 hunter2" };
  const { code, stderr } = await runHere(["users", "list"], env);
  expect(code).toBe(2);
  expect(stderr).not.toContain("hunter2");
});

test("a real process that finds its port in use says so in one sentence", async () => {
  await using folder = await temporaryFolder();
  const taken = createServer();
  const { port } = await bind(taken, { host: "127.0.0.1", port: 0 });
  const listen = ["--coderd-listen", `127.0.0.1:${port}`, "--data", folder.path];
  const outcome = await runCommand(["coderd", ...listen]);
  taken.close();
  expect(outcome).toEqual({
    code: 1,
    stdout: "",
    stderr: `aibridge: can't listen on 127.0.0.1:${port}: the port is in use. Stop what uses it, or choose another port (0 picks a free one)\n`,
  });
});

test("every flag of every command names its environment variable in the help", async () => {
  const { stdout } = await runHere(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? "");
  expect(commands).toEqual(
    expect.arrayContaining(["up", "coderd", "aibridged", "bootstrap", "users", "providers"]),
  );
  for (const command of ["up", "coderd", "aibridged", "bootstrap", "keys create", "users list"]) {
    const help = (await runHere([...command.split(" "), "--help"])).stdout;
    const flags = help
      .split(/^ {2}(?=-)/m)
      .slice(1)
      .filter((text) => !text.startsWith("-h,"));
    expect(flags.length).toBeGreaterThan(2);
    for (const text of flags) expect(text.replace(/\s+/g, " ")).toMatch(/\((.*; )?env: [A-Z_]+/);
  }
});

// proves: cli.every-setting-a-flag
test("every setting of the services is a flag too, but for the keys that encrypt", async () => {
  const variables = /\b(?:variable|optional|required)\(\s*"([A-Z_]+)"/g;
  for (const service of ["coderd", "aibridged"]) {
    const source = await readFile(
      new URL(`../../${service}/src/config.ts`, import.meta.url),
      "utf8",
    );
    const settings = [...source.matchAll(variables)].map(([, name]) => name);
    expect(settings.length).toBeGreaterThan(8);
    const help = (await runHere([service, "--help"])).stdout;
    const flags = new Set([...help.matchAll(/env:\s+([A-Z_]+)/g)].map(([, name]) => name));
    // Arguments of processes can be read by other users of a machine.
    const missing = settings.filter((name) => !flags.has(name));
    expect(missing).toEqual(service === "coderd" ? ["AIBRIDGE_ENCRYPTION_KEYS"] : []);
  }
});

test("`up` hands a service's setting to it, and says what is wrong with it", async () => {
  await using folder = await temporaryFolder();
  const { code, stderr } = await runCommand(["up", "--data", folder.path, "--retention", "soon"], {
    AIBRIDGE_CODERD_LISTEN: "127.0.0.1:0",
  });
  expect(code).toBe(2);
  expect(stderr).toContain("--retention (AIBRIDGE_RETENTION) must be a number of days such as 60d");
});
