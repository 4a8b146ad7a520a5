import { connect } from "node:net";
import { expect, test } from "@jest/globals";

test("an error made by Node's core is an Error inside the sandbox", async () => {
  const error = await new Promise((resolve) => {
    // Port 1 on loopback: nothing listens there.
    connect({ host: "127.0.0.1", port: 1 }).once("error", resolve);
  });
  expect(error instanceof Error).toBe(true);
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
});
