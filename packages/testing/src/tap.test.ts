import { expect, test } from "@jest/globals";
import { bodyOf, messages, startFakeUpstream } from "./fake-upstream.ts";
import { startTap } from "./tap.ts";

test("bytes pass untouched, and every request of a connection is kept", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  await using tap = await startTap(upstream.url);
  for (const [index, text] of ["one", "t\u00eb\r\nst"].entries()) {
    upstream.answer("messages", messages.textStream(text));
    const response = await fetch(`${tap.url}/v1/messages?n=${index}`, {
      method: "POST",
      headers: { "x-n": text.slice(0, 1) },
      body: JSON.stringify({ text }),
    });
    const got = Buffer.from(await response.arrayBuffer());
    expect(got.equals(bodyOf(messages.textStream(text)))).toBe(true);
    expect(tap.requests[index]?.rawHeaders).toEqual(upstream.requests[index]?.rawHeaders);
    expect(tap.requests[index]?.target).toBe(`/v1/messages?n=${index}`);
    expect(tap.requests[index]?.body.toString()).toBe(JSON.stringify({ text }));
  }
});

test("a client that leaves is seen to leave behind the tap", async () => {
  await using upstream = await startFakeUpstream({ validates: false });
  await using tap = await startTap(upstream.url);
  const leaving = new AbortController();
  const next = upstream.next();
  const asked = fetch(`${tap.url}/v1/messages`, { method: "POST", signal: leaving.signal });
  const call = await next;
  leaving.abort();
  await expect(asked).rejects.toThrow();
  expect(await call.closed).toBe("left");
});
