import { createServer, type RequestListener } from "node:http";
import { bind } from "@aibridge/runtime";
import { afterAll, expect, test } from "@jest/globals";
import { openOutgoing } from "./outgoing.ts";

const opened = new AsyncDisposableStack();
afterAll(() => opened.disposeAsync());

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  const { port } = await bind(server, { host: "127.0.0.1", port: 0 });
  opened.defer(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${port}`;
}

const json: RequestListener = (_, response) => {
  response.setHeader("content-type", "application/json").end('{"a":1}');
};
const { signal } = new AbortController();

/** Nothing is ever sent to these: the names are addresses, and the tests never get so far. */
const onInternet = "https://8.8.8.8/mcp";
const inHouse = "https://10.0.0.1/mcp";

// proves: mcp.oauth.reach
test.each([
  [onInternet, "https://127.0.0.1/", "127.0.0.1 is nearer to coderd than 8.8.8.8, which names it"],
  [onInternet, "https://[::1]:8443/", "[::1]:8443 is nearer to coderd than 8.8.8.8"],
  [onInternet, "https://localhost/", "localhost is nearer to coderd than 8.8.8.8"],
  [onInternet, "https://192.168.0.1/", "192.168.0.1 is nearer to coderd than 8.8.8.8"],
  [onInternet, "https://0x7f.1/", "127.0.0.1 is nearer to coderd than 8.8.8.8"],
  [onInternet, "https://169.254.169.254/", "169.254.169.254 is nearer to coderd than 8.8.8.8"],
  [inHouse, "https://127.0.0.1/", "127.0.0.1 is nearer to coderd than 10.0.0.1"],
  [inHouse, "https://169.254.169.254/", "169.254.169.254 is nearer to coderd than 10.0.0.1"],
])("a server at %s can't send coderd to %s", async (serverUrl, url, why) => {
  await using outgoing = await openOutgoing({ serverUrl, signal });
  await expect(outgoing.fetch(url)).rejects.toMatchObject({
    code: "oauth_unavailable",
    message: expect.stringContaining(why),
  });
});

// proves: mcp.oauth.https
test.each([
  "http://1.1.1.1/",
  "ftp://1.1.1.1/",
  "javascript:alert(1)",
  "https://u:p@1.1.1.1/",
  "nothing",
])("a server on https can't name %s", async (url) => {
  await using outgoing = await openOutgoing({ serverUrl: onInternet, signal });
  await expect(outgoing.fetch(url)).rejects.toMatchObject({
    message: "8.8.8.8 names a URL that is not https",
  });
});

test("a server on loopback is called, and may name others there", async () => {
  const serverUrl = await serve(json);
  const other = await serve(json);
  await using outgoing = await openOutgoing({ serverUrl, signal });
  expect(outgoing.reach).toBe("loopback");
  expect(await (await outgoing.fetch(`${serverUrl}/a`)).json()).toEqual({ a: 1 });
  expect(await (await outgoing.fetch(`${other}/b`)).json()).toEqual({ a: 1 });
});

test("how near the server was at login holds later, whatever its name means by then", async () => {
  const serverUrl = await serve(json);
  const other = await serve(json);
  await using outgoing = await openOutgoing({ serverUrl, reach: "public", signal });
  await expect(outgoing.fetch(other)).rejects.toMatchObject({ code: "oauth_unavailable" });
});

// proves: mcp.oauth.bounded
test("no redirect is followed", async () => {
  const seen: string[] = [];
  const serverUrl = await serve((request, response) => {
    seen.push(request.url ?? "");
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  await using outgoing = await openOutgoing({ serverUrl, signal });
  expect((await outgoing.fetch(`${serverUrl}/a`)).status).toBe(302);
  expect(seen).toEqual(["/a"]);
});

// proves: mcp.oauth.bounded
test("an answer that is too long is an error, and one that is no JSON is not read", async () => {
  const serverUrl = await serve(({ url }, response) => {
    const type = url === "/json" ? "application/json" : "text/event-stream";
    response.setHeader("content-type", type).write("x".repeat(300 * 1024));
    if (url === "/json") response.end();
  });
  await using outgoing = await openOutgoing({ serverUrl, signal });
  await expect(outgoing.fetch(`${serverUrl}/json`)).rejects.toMatchObject({
    message: expect.stringContaining("UND_ERR_RES_EXCEEDED_MAX_SIZE"),
  });
  expect((await outgoing.fetch(`${serverUrl}/stream`)).body).toBeNull();
});

// proves: mcp.oauth.bounded
test("a server that never answers is given up when the caller's time is", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const serverUrl = await serve(() => resolve());
  const controller = new AbortController();
  await using outgoing = await openOutgoing({ serverUrl, signal: controller.signal });
  const answer = outgoing.fetch(serverUrl);
  await asked;
  controller.abort();
  const { host } = new URL(serverUrl);
  await expect(answer).rejects.toMatchObject({ message: `${host} did not answer in time` });
});
