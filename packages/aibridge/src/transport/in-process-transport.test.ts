import { expect, test } from "@jest/globals";
import type { Exchange } from "../exchange.ts";
import { runWithDelegatedApiKeyId } from "../identity/delegated-api-key-id.ts";
import type { Serve } from "../server.ts";
import { createInProcessTransportFactory } from "./in-process-transport.ts";
import type { Fetch } from "./transport-factory.ts";

/** A `fetch` into a handler that the test writes, on behalf of one key id. */
function fetchInto(serve: Serve, apiKeyId = "keyidkeyid"): Fetch {
  const factory = createInProcessTransportFactory(serve);
  const inContext = <T>(fn: () => T) => runWithDelegatedApiKeyId(apiKeyId, fn);
  const fetch = inContext(() => factory.transportFor("anthropic", "agents"));
  return (input, init) => inContext(() => fetch(input, init));
}

/** Hands the exchange of the first call to the test, and serves it until told. */
function startHandler() {
  const { promise: exchange, resolve } = Promise.withResolvers<Exchange>();
  const done = Promise.withResolvers<void>();
  const serve: Serve = (arrived) => {
    resolve(arrived);
    return done.promise;
  };
  return { serve, exchange, finish: done.resolve, fail: done.reject };
}

const url = "https://api.anthropic.test/v1/messages?beta=true";

// proves: transport.needs-id
test("without a delegated key id both the factory and the fetch throw, and the handler is never reached", async () => {
  let served = 0;
  const factory = createInProcessTransportFactory(async () => {
    served++;
  });
  expect(() => factory.transportFor("anthropic", "agents")).toThrow("no delegated API key id");
  expect(() =>
    runWithDelegatedApiKeyId("", () => factory.transportFor("anthropic", "agents")),
  ).toThrow("no delegated API key id");
  const fetch = runWithDelegatedApiKeyId("keyidkeyid", () => factory.transportFor("a", "agents"));
  await expect(fetch(url)).rejects.toThrow("no delegated API key id");
  expect(served).toBe(0);
});

// proves: transport.provider-name
test.each(["", ".", "..", "a/b", "a\\b", "a%2fb", "a?b", "a#b"])(
  "a provider named %j is refused before anything is sent",
  (name) => {
    const factory = createInProcessTransportFactory(async () => {});
    expect(() => runWithDelegatedApiKeyId("k", () => factory.transportFor(name, "agents"))).toThrow(
      TypeError,
    );
  },
);

// proves: transport.in-process.clones
test("the handler gets what was sent, at the provider's route, and the caller's request is left as it was", async () => {
  const seen: object[] = [];
  const fetch = fetchInto(async ({ method, target, headers, delegation, readBody }) => {
    const body = (await readBody(100)).toString();
    seen.push({ method, target, headers, delegation, body });
  });
  const request = new Request(url, { method: "POST", headers: { "X-Own": "1" }, body: "hello" });
  await fetch(request);
  await fetch(request, { headers: { "X-Other": "2" } });
  const sent = { method: "POST", target: "/anthropic/v1/messages?beta=true", body: "hello" };
  const delegation = { apiKeyId: "keyidkeyid", source: "agents" };
  const type = ["content-type", "text/plain;charset=UTF-8"];
  expect(seen).toEqual([
    { ...sent, delegation, headers: [...type, "x-own", "1"] },
    { ...sent, delegation, headers: ["x-other", "2"] },
  ]);
  expect(request.bodyUsed).toBe(false);
  expect([...request.headers.keys()]).toEqual(["content-type", "x-own"]);
});

// proves: transport.in-process.streams
test("each chunk is readable as soon as it was written, while the handler is still at work", async () => {
  const handler = startHandler();
  const answering = fetchInto(handler.serve)(url);
  const { response: sink } = await handler.exchange;
  sink.start(201, ["x-a", "1", "x-a", "2"]);
  const response = await answering;
  expect(response.status).toBe(201);
  expect(response.headers.get("x-a")).toBe("1, 2");
  const reader = response.body?.getReader();
  for (const chunk of ["one", "two"]) {
    sink.write(Buffer.from(chunk));
    expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe(chunk);
  }
  sink.end();
  expect((await reader?.read())?.done).toBe(true);
  handler.finish();
});

test("a handler that writes faster than is read is told so, and told when to go on", async () => {
  const handler = startHandler();
  const answering = fetchInto(handler.serve)(url);
  const { response: sink } = await handler.exchange;
  sink.start(200, []);
  const reader = (await answering).body?.getReader();
  const drained = Promise.withResolvers<void>();
  sink.onDrain(drained.resolve);
  expect(sink.write(Buffer.alloc(1_000))).toBe(true);
  expect(sink.write(Buffer.alloc(64 * 1_024))).toBe(false);
  await reader?.read();
  await reader?.read();
  await drained.promise;
  handler.finish();
});

// proves: transport.in-process.cancel
test("an abort before the headers rejects with its reason, and reaches the handler", async () => {
  const handler = startHandler();
  const leaving = new AbortController();
  const answering = fetchInto(handler.serve)(url, { signal: leaving.signal });
  const { signal } = await handler.exchange;
  const reason = new Error("changed my mind");
  leaving.abort(reason);
  await expect(answering).rejects.toBe(reason);
  expect(signal.reason).toBe(reason);
});

test("a call that was aborted before it began rejects with the reason, and no handler runs", async () => {
  let served = 0;
  const fetch = fetchInto(async () => {
    served++;
  });
  await expect(fetch(url, { signal: AbortSignal.abort(new Error("early")) })).rejects.toThrow(
    "early",
  );
  expect(served).toBe(0);
});

// proves: transport.in-process.cancel
test("an abort after the headers errors the body with its reason, and reaches the handler", async () => {
  const handler = startHandler();
  const leaving = new AbortController();
  const answering = fetchInto(handler.serve)(url, { signal: leaving.signal });
  const { response: sink, signal } = await handler.exchange;
  sink.start(200, []);
  const reading = (await answering).text();
  const reason = new Error("changed my mind");
  leaving.abort(reason);
  await expect(reading).rejects.toBe(reason);
  expect(signal.reason).toBe(reason);
});

// proves: transport.in-process.close
test("closing the body reaches the handler", async () => {
  const handler = startHandler();
  const answering = fetchInto(handler.serve)(url);
  const { response: sink, signal } = await handler.exchange;
  sink.start(200, []);
  const response = await answering;
  await response.body?.cancel("enough");
  expect(signal.aborted).toBe(true);
  expect(signal.reason).toBe("enough");
});

// proves: transport.in-process.throws
test("a handler that throws is a 500 before the answer began, and a body error after", async () => {
  const early = await fetchInto(() => Promise.reject(new Error("bug")))(url);
  expect(early.status).toBe(500);
  expect(await early.text()).toBe("");

  const late = await fetchInto(async ({ response }) => {
    response.start(200, []);
    response.write(Buffer.from("half"));
    throw new Error("bug");
  })(url);
  const reader = late.body?.getReader();
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("half");
  await expect(reader?.read()).rejects.toThrow("the gateway failed");
});

test("an answer that breaks off delivers what was written, and then errors", async () => {
  const response = await fetchInto(async ({ response: sink }) => {
    sink.start(200, []);
    sink.write(Buffer.from("a"));
    sink.fail(new Error("lost"), Buffer.from("b"));
  })(url);
  const reader = response.body?.getReader();
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("a");
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("b");
  await expect(reader?.read()).rejects.toThrow("lost");
});

// proves: transport.in-process.empty
test("a handler that writes nothing is an empty 200", async () => {
  const response = await fetchInto(async () => {})(url);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});

test("a body over the bound is an error for whoever reads it", async () => {
  const fetch = fetchInto(async ({ readBody, response }) => {
    const outcome = await readBody(4).catch((error: Error) => error.name);
    response.start(200, []);
    response.write(Buffer.from(String(outcome)));
  });
  const response = await fetch(url, { method: "POST", body: "12345" });
  expect(await response.text()).toBe("BodyTooLargeError");
});

// proves: transport.in-process.concurrent
test("16 concurrent calls don't cross: each gets its own answer, as its own user", async () => {
  const serve: Serve = async ({ delegation, readBody, response }) => {
    const body = await readBody(100);
    response.start(200, []);
    for (const byte of body) {
      await new Promise((resolve) => setImmediate(resolve));
      response.write(Buffer.of(byte));
    }
    response.write(Buffer.from(` for ${delegation?.apiKeyId}`));
    response.end();
  };
  const answers = Array.from({ length: 16 }, async (_, i) => {
    const response = await fetchInto(serve, `key-${i}`)(url, { method: "POST", body: `call ${i}` });
    return response.text();
  });
  expect(await Promise.all(answers)).toEqual(
    Array.from({ length: 16 }, (_, i) => `call ${i} for key-${i}`),
  );
});
