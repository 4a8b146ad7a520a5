import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type FakeOAuth, startFakeOAuth } from "@aibridge/testing/fake-oauth";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { runCli } from "../run-cli.ts";
import { runHere, startTestCoderd } from "../test-command.ts";

// A real coderd makes a database first, which takes a while on a busy machine.
jest.setTimeout(180_000);

let coderd: Awaited<ReturnType<typeof startTestCoderd>>;
let fake: FakeOAuth;
const opened = new AsyncDisposableStack();
beforeAll(async () => {
  coderd = opened.use(await startTestCoderd());
  fake = opened.use(await startFakeOAuth());
});
afterAll(() => opened.disposeAsync());

async function aibridge(command: string, stdin?: string): Promise<string> {
  const env = { ...coderd.env, CLIENT_SECRET: "s3cr3t-of-the-client" };
  const { code, stdout, stderr } = await runHere(command.split(" "), env, stdin);
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  return stdout;
}

async function aibridgeJson(command: string) {
  return JSON.parse(await aibridge(`${command} --json`));
}

async function failure(command: string): Promise<readonly [number | null, string]> {
  const { code, stdout, stderr } = await runHere(command.split(" "), coderd.env);
  expect(stdout).toBe("");
  return [code, stderr];
}

/** Begins a login. `url` is what the command printed, for the test to be the browser. */
async function beginLogin(args: readonly string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const command = ["mcp", "login", "--no-browser", ...args];
  const code = runCli(command, { env: coderd.env, stdin: Readable.from([]), stdout, stderr });
  let printed = "";
  for await (const chunk of stderr) {
    printed += String(chunk);
    const url = /^ {2}(http\S+)\n/m.exec(printed)?.[1];
    if (url === undefined) continue;
    const ended = code.then((exitCode) => {
      stdout.end();
      return exitCode;
    });
    return { url, ended, printedOut: () => text(stdout) };
  }
  throw new Error(`no URL: ${printed}`);
}

// proves: mcp.cli.servers
test("a server is created, shown, changed, disabled and deleted", async () => {
  const url = "https://mcp.example/mcp/";
  const create = `mcp servers create tickets --server-url ${url} --allow ^get_ --headers-stdin`;
  const created = await aibridge(create, "X-Api-Key: 0123456789abcdef\n\nX-Tenant: acme\n");
  expect(created).toMatch(/^headers: +x-api-key, x-tenant$/m);
  expect(created).not.toContain("0123456789abcdef");
  expect(await aibridgeJson("mcp servers get tickets")).toMatchObject({
    mcpServer: { id: "tickets", url, toolAllowRegex: "^get_", enabled: true },
  });
  const updated = await aibridgeJson("mcp servers update tickets --remove-allow --deny ^delete_");
  expect(updated.mcpServer).toMatchObject({ toolAllowRegex: "", toolDenyRegex: "^delete_" });
  await aibridge("mcp servers disable tickets");
  const lines = (await aibridge("mcp servers list")).split("\n");
  expect(lines[0]).toMatch(/^ID +URL +AUTH +ENABLED +ALLOW +DENY +HEADERS +UPDATED$/);
  expect(lines[1]).toMatch(/^tickets +https:\S+ +none +no +- +\^delete_ +x-api-key,x-tenant +\d/);
  await aibridge("mcp servers enable tickets");
  expect(await aibridge("mcp servers delete tickets")).toBe("deleted tickets\n");
  expect(await failure("mcp servers get tickets")).toEqual([1, "aibridge: no such MCP server\n"]);
});

// proves: mcp.cli.servers
test("what is wrong with a server is said", async () => {
  const create = "mcp servers create a --server-url https://mcp.example/mcp";
  expect(await failure(`${create} --allow (`)).toEqual([
    1,
    expect.stringMatching(/^aibridge: tool_allow_regex: must be a pattern of RE2 \(.+\)\n$/),
  ]);
  expect(await failure("mcp servers create a")).toEqual([
    2,
    "aibridge: --server-url (AIBRIDGE_MCP_SERVER_URL) must be set to the URL of an MCP server\n",
  ]);
  expect(await failure("mcp servers update a")).toEqual([
    2,
    "aibridge: what is to change? Give a URL or a pattern\n",
  ]);
  expect(await failure("mcp servers update a --allow x --remove-allow")).toEqual([
    2,
    "aibridge: choose one of --allow and --remove-allow\n",
  ]);
  const command = `${create} --headers-stdin`.split(" ");
  const { code, stderr } = await runHere(command, coderd.env, "A: b\nsecret-without-name\n");
  expect([code, stderr]).toEqual([2, "aibridge: line 2 of stdin is not `Name: value`\n"]);
  expect(await failure(`${create} --auth oauth --oauth-client-secret-env NOT_SET`)).toEqual([
    2,
    "aibridge: NOT_SET holds no secret\n",
  ]);
});

// proves: mcp.cli.login
test("a user logs in by the browser, sees it in the list, and logs out", async () => {
  await aibridge(`mcp servers create github --server-url ${fake.mcpUrl} --auth oauth`);
  expect(await aibridge("mcp list")).toMatch(/^github .* no: aibridge mcp login github$/m);
  const { url, ended, printedOut } = await beginLogin(["github", "--json"]);
  const { origin, pathname } = new URL(new URL(url).searchParams.get("redirect_uri") ?? "");
  // Somebody else who finds the port.
  const stranger = await fetch(`${origin}${pathname}?state=guessed&code=x`);
  expect([stranger.status, await stranger.text()]).toEqual([
    404,
    expect.stringContaining("Nothing is here."),
  ]);
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining("You are logged in to github. You can close this window."),
  ]);
  expect(await ended).toBe(0);
  expect(JSON.parse(await printedOut())).toMatchObject({
    mcpServer: { id: "github", loggedIn: true },
  });
  expect(await aibridge("mcp list")).toMatch(/^github .* yes$/m);
  expect(await aibridge("mcp logout github")).toBe("logged out of github\n");
  expect((await aibridgeJson("mcp list")).mcpServers).toMatchObject([
    { id: "github", loggedIn: false },
  ]);
});

// proves: mcp.cli.login
test("a login that is refused fails, here and in the browser", async () => {
  const { url, ended } = await beginLogin(["github"]);
  const asked = new URL(url).searchParams;
  const back = new URL(asked.get("redirect_uri") ?? "");
  const answer = { error: "access_denied", state: asked.get("state") ?? "", iss: fake.url };
  back.search = new URLSearchParams(answer).toString();
  const page = await fetch(back);
  expect(await page.text()).toContain("The login to github failed: the terminal says why.");
  expect(await ended).toBe(1);
});

// proves: mcp.cli.login
test("nobody is waited for longer than was said", async () => {
  const { ended } = await beginLogin(["github", "--timeout", "1s"]);
  expect(await ended).toBe(1);
});

// proves: mcp.cli.login
test("a server that can't be logged in at is not mistaken for coderd", async () => {
  await aibridge("mcp servers create gone --server-url http://127.0.0.1:1/mcp --auth oauth");
  expect(await failure("mcp login gone --no-browser")).toEqual([
    1,
    `aibridge: coderd at ${coderd.url}: 127.0.0.1:1 can't be reached (ECONNREFUSED)\n`,
  ]);
});

test("a configured client takes its secret from a variable", async () => {
  const create = `mcp servers create slack --server-url ${fake.mcpUrl} --auth oauth`;
  const flags = "--oauth-client-id ours --oauth-client-secret-env CLIENT_SECRET";
  const created = await aibridge(`${create} ${flags}`);
  expect(created).toMatch(/^oauth client: +ours$/m);
  expect(created).not.toContain("s3cr3t");
});
