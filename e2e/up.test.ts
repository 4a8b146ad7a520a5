import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderType } from "@aibridge/proto/coder/aibridge/v1/provider";
import { coderdClients, fieldOf, type Line, startAibridge } from "@aibridge/testing/harness";
import { afterAll, beforeAll, expect } from "@jest/globals";
import { ask, bearer } from "./ask.ts";
import { send } from "./http.ts";
import { proves } from "./proves.ts";

const credential = "sk-a-credential-at-rest-0123456789";
const freePorts = [
  ...["--gateway-listen", "127.0.0.1:0"],
  ...["--coderd-listen", "127.0.0.1:0"],
  ...["--admin-listen", "127.0.0.1:0"],
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aibridge-up-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The first run's ready line, whose keys the tests after it go on with. */
let first: Line;

/** Runs `up` on the folder while `use` runs. */
async function whileUp(use: (ready: Line) => Promise<void>): Promise<void> {
  await using up = startAibridge(["up", "--json", "--data", folder, ...freePorts], {
    HOME: folder,
  });
  await use(await up.ready());
  expect(up.output.all.length).toBe(1);
  expect(await up.stop()).toEqual({ code: 0, signal: null });
}

/** Runs a command to its end. */
async function run(...args: string[]) {
  await using process = startAibridge(args, { HOME: folder, AIBRIDGE_DATA: folder });
  const { code } = await process.exited;
  return { code, output: process.output.all, errors: process.logs.all };
}

proves(
  ["cli.up", "cli.demo", "cli.administers"],
  "the first run says where and with which keys; with no provider, a demo answers all formats",
  async () => {
    await whileUp(async (ready) => {
      first = ready;
      expect(ready).toMatchObject({ demo: true });
      const [gatewayUrl, apiKey] = [fieldOf(ready, "gatewayUrl"), fieldOf(ready, "apiKey")];
      for (const route of ["messages", "chat-completions", "responses"] as const) {
        expect((await ask(gatewayUrl, route, bearer(apiKey))).status).toBe(200);
      }
      const owner = coderdClients(fieldOf(ready, "coderdUrl"), fieldOf(ready, "ownerKey"));
      const name = "at-rest";
      await owner.providers.createProvider({ name, type: ProviderType.ANTHROPIC, credential });
      // Nothing is to be asked of the real one.
      await owner.providers.disableProvider({ name });
      // By the data folder, the commands find this coderd by themselves.
      const listed = await run("providers", "list", "--json");
      expect(JSON.stringify(listed.output)).toContain('"at-rest"');
      expect(JSON.stringify(listed.output)).not.toContain(credential);
      const created = await run("keys", "create", "--user", "user", "--json");
      const key = fieldOf(created.output[0] ?? {}, "key");
      expect((await ask(gatewayUrl, "messages", bearer(key))).status).toBe(200);
    });
  },
);

/** All bytes of the store's files. */
async function storeBytes(): Promise<Buffer> {
  const entries = await readdir(join(folder, "store"), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Buffer.concat(
    await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))),
  );
}

proves(
  ["keys.api.hashed", "keys.gateway.hashed", "store.provider-keys-encrypted"],
  "no byte of the store holds a key's secret, a gateway key or a provider's credential",
  async () => {
    const bytes = await storeBytes();
    const gatewayKey = fieldOf(first, "gatewayKey");
    // What is kept of them is found, so what is not kept would be.
    for (const kept of [
      fieldOf(first, "apiKey").slice(0, 10),
      gatewayKey.slice(0, 11),
      "at-rest",
    ]) {
      expect(bytes.includes(kept)).toBe(true);
    }
    const secrets = [fieldOf(first, "apiKey").slice(11), fieldOf(first, "ownerKey").slice(11)];
    for (const secret of [...secrets, gatewayKey, credential]) {
      for (const encoding of ["latin1", "hex", "base64"] as const) {
        const form = Buffer.from(secret).toString(encoding).replace(/=+$/, "");
        expect(bytes.includes(form)).toBe(false);
      }
    }
  },
);

proves(
  "cli.up.again",
  "a second run accepts the keys of the first, knows its providers, and shows no key",
  async () => {
    await whileUp(async (ready) => {
      expect(ready).toMatchObject({ apiKey: null, ownerKey: null, gatewayKey: null });
      const url = `${fieldOf(ready, "gatewayUrl")}/at-rest/v1/models`;
      const accepted = await send(url, { headers: bearer(fieldOf(first, "apiKey")) });
      expect(accepted.json()).toMatchObject({ error: { message: "provider_disabled" } });
      const refused = await send(url, { headers: bearer("nonsense") });
      expect(refused.json()).toMatchObject({ error: { message: "unauthorized" } });
    });
  },
);

proves(
  "cli.errors",
  "an unreachable coderd and a bad value are one sentence and a failure",
  async () => {
    const unreachable = await run("users", "list", "--url", "http://127.0.0.1:1", "--token", "t");
    expect(unreachable.code).toBe(1);
    expect(unreachable.errors).toEqual([
      {
        text: expect.stringMatching(
          /^aibridge: coderd at http:\/\/127\.0\.0\.1:1 can't be reached/,
        ),
      },
    ]);
    const bad = await run("up", "--gateway-listen", "nowhere");
    expect(bad.code).toBe(2);
    expect(bad.errors).toEqual([{ text: expect.stringMatching(/^aibridge: --gateway-listen/) }]);
  },
);
