import { createHash, randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { Grants } from "./grants.ts";

const redirectUri = "http://127.0.0.1:1/";
const resource = "http://mcp.example/";
const verifier = "v".repeat(43);

/** A user has agreed; gives what a client does next. */
function agreed() {
  const grants = new Grants(0);
  const { json } = grants.register({ redirect_uris: [redirectUri] });
  const client_id: string = Reflect.get(json ?? {}, "client_id");
  const query = {
    response_type: "code",
    client_id,
    redirect_uri: redirectUri,
    resource,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  const code = grants.authorize(new URLSearchParams(query)).searchParams.get("code") ?? "";
  const ask = (form: Record<string, string>) => {
    const answer = grants.token(new URLSearchParams({ client_id, resource, ...form }), undefined);
    return Object(answer.json);
  };
  const grant_type = "authorization_code";
  const trade = (fields: object = {}) =>
    ask({ grant_type, code, redirect_uri: redirectUri, code_verifier: verifier, ...fields });
  const refresh = (refresh_token: string) => ask({ grant_type: "refresh_token", refresh_token });
  return { grants, query, trade, refresh };
}

const refused = { error: "invalid_grant" };

test("a code that comes twice ends what came of it", () => {
  const { grants, trade } = agreed();
  const { access_token: token } = trade();
  expect(grants.accepts(token, resource)).toBe(true);
  expect(trade()).toEqual(refused);
  expect(grants.accepts(token, resource)).toBe(false);
});

test.each([
  ["another verifier", { code_verifier: "w".repeat(43) }, refused],
  ["another redirect URI", { redirect_uri: "http://127.0.0.1:2/" }, refused],
  ["another code", { code: randomUUID() }, refused],
  ["another resource", { resource: "http://other.example/" }, { error: "invalid_target" }],
  ["another client", { client_id: "nobody" }, { error: "invalid_client" }],
])("a code is not traded for %s", (_, fields, answer) => {
  expect(agreed().trade(fields)).toEqual(answer);
});

test("without PKCE, or for a URI that was not registered, nobody agrees", () => {
  const { grants, query } = agreed();
  const authorize = (fields: object) =>
    grants.authorize(new URLSearchParams({ ...query, ...fields }));
  expect(() => authorize({ code_challenge_method: "plain" })).toThrow("no PKCE");
  expect(() => authorize({ redirect_uri: "http://evil.example/" })).toThrow("redirect URI");
});

test("a refresh token works once, and ends everything when it comes again", () => {
  const { grants, trade, refresh } = agreed();
  const first = trade();
  const second = refresh(first.refresh_token);
  expect(grants.accepts(second.access_token, resource)).toBe(true);
  expect(refresh(first.refresh_token)).toEqual(refused);
  expect(grants.accepts(second.access_token, resource)).toBe(false);
  expect(refresh(second.refresh_token)).toEqual(refused);
});

test("an access token expires by the fake's clock, and is for one resource", () => {
  const { grants, trade } = agreed();
  const { access_token: token, expires_in: seconds } = trade();
  expect(seconds).toBe(3600);
  expect(grants.accepts(token, "http://other.example/")).toBe(false);
  grants.nowMs = 3_599_999;
  expect(grants.accepts(token, resource)).toBe(true);
  grants.nowMs = 3_600_000;
  expect(grants.accepts(token, resource)).toBe(false);
});
