import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, test } from "@jest/globals";

/** Runs the body of a main function in a real process; `context` is in its scope. */
function startProcess(body: string): ChildProcess {
  const index = new URL("./index.ts", import.meta.url).href;
  const source = `
    import { aborted, createLogger, runProcess } from ${JSON.stringify(index)};
    const log = createLogger({ name: "test", level: "info" });
    const announce = (ready) => console.log(JSON.stringify(ready));
    const keepAlive = setInterval(() => {}, 1000);
    await runProcess(async (context) => { ${body} }, { log, announce });
    console.log("listeners left:", process.listenerCount("SIGTERM") + process.listenerCount("uncaughtException"));
    clearInterval(keepAlive);
  `;
  return spawn("node", ["--input-type=module", "--eval", source]);
}

async function outcome(child: ChildProcess) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("not piped");
  const lines = createInterface(stdout);
  const said: string[] = [];
  lines.on("line", (line) => {
    said.push(line);
    if (line.includes("kill me")) child.kill(line.includes("INT") ? "SIGINT" : "SIGTERM");
  });
  const [log, [code, signal]] = await Promise.all([text(stderr), once(child, "close")]);
  return { said, log, code, signal };
}

test("the first signal drains, the second cuts, and no listener is left", async () => {
  const child = startProcess(`
    context.announce({ say: "kill me" });
    await aborted(context.drain);
    console.log("draining, cut:", context.cut.aborted, "kill me with INT");
    await aborted(context.cut);
    console.log("cut");
  `);
  const { said, code } = await outcome(child);
  expect(said).toEqual([
    '{"say":"kill me"}',
    "draining, cut: false kill me with INT",
    "cut",
    "listeners left: 0",
  ]);
  expect(code).toBe(0);
});

test("a third signal kills a process that does not end", async () => {
  const child = startProcess(`
    console.log("kill me");
    await aborted(context.drain);
    console.log("kill me");
    await aborted(context.cut);
    console.log("kill me");
    await new Promise(() => {});
  `);
  const { signal } = await outcome(child);
  expect(signal).toBe("SIGTERM");
});

test.each([
  ["unhandledRejection", `void Promise.reject(new Error("oops"));`],
  ["uncaughtException", `setImmediate(() => { throw new Error("oops"); });`],
])("an %s is logged as fatal and ends the process with code 1", async (origin, body) => {
  const { code, log } = await outcome(startProcess(`${body} await new Promise(() => {});`));
  expect(code).toBe(1);
  expect(JSON.parse(log)).toMatchObject({ level: "fatal", origin, err: { message: "oops" } });
});

test("what main throws reaches the caller", async () => {
  const { code, log } = await outcome(startProcess(`throw new Error("can't start");`));
  expect([code, log]).toEqual([1, expect.stringContaining("Error: can't start")]);
});
