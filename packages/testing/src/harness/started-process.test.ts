import { expect, test } from "@jest/globals";
import { searchPath } from "../environment.ts";
import { StartedProcess } from "./started-process.ts";

function run(script: string): StartedProcess {
  return new StartedProcess({
    command: process.execPath,
    args: ["--eval", script],
    env: { PATH: searchPath },
  });
}

const forEver = "setInterval(() => {}, 1000);";

test("the first JSON object on stdout is the ready line, whatever text comes before it", async () => {
  await using process = run(`console.log("hello"); console.log('{"url":"x"}'); ${forEver}`);
  expect(await process.ready()).toEqual({ url: "x" });
  expect(process.output.all).toEqual([{ text: "hello" }, { url: "x" }]);
});

test("a process that ends before it is ready is an error that shows its log", async () => {
  await using process = run(`console.error("no such port"); process.exit(3)`);
  await expect(process.ready()).rejects.toThrow("no such port");
  expect(await process.exited).toEqual({ code: 3, signal: null });
});

test("a log line is found, past or to come", async () => {
  await using process = run(`
    console.error('{"n":1}');
    process.on("SIGUSR2", () => console.error('{"n":2}'));
    console.log("{}");
    ${forEver}`);
  await process.ready();
  expect(await process.logged((line) => line.n === 1)).toEqual({ n: 1 });
  const next = process.logged((line) => line.n === 2);
  process.signal("SIGUSR2");
  expect(await next).toEqual({ n: 2 });
  expect(process.logs.where({ n: 2 })).toEqual([{ n: 2 }]);
});

test("waiting for a line ends with the process", async () => {
  await using process = run(`console.log("{}"); process.exit(0)`);
  await expect(process.logged(() => true)).rejects.toThrow("ended");
});

test("disposing ends what it started, also what that started and what ignores SIGTERM", async () => {
  const child = `process.on("SIGTERM", () => {}); console.log(process.pid); ${forEver}`;
  const started = run(`
    const child = require("child_process").spawn(process.execPath, ["--eval", ${JSON.stringify(child)}]);
    child.stdout.on("data", (pid) => console.log(JSON.stringify({ pid: Number(pid) })));
    process.on("SIGTERM", () => process.exit(0));
    ${forEver}`);
  const { pid } = await started.ready();
  await started[Symbol.asyncDispose]();
  expect(await started.exited).toEqual({ code: 0, signal: null });
  // Signal 0 asks whether there is such a process; a killed one may wait to be reaped.
  const gone = () => {
    try {
      return process.kill(Number(pid), 0) && false;
    } catch {
      return true;
    }
  };
  const deadline = AbortSignal.timeout(20_000);
  while (!gone()) {
    deadline.throwIfAborted();
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test("a frozen process answers nothing until it is thawed", async () => {
  await using process = run(`
    process.on("SIGUSR2", () => console.error('{"awake":true}'));
    console.log("{}");
    ${forEver}`);
  await process.ready();
  process.freeze();
  process.signal("SIGUSR2");
  process.thaw();
  expect(await process.logged((line) => line.awake === true)).toEqual({ awake: true });
});
