#!/usr/bin/env node
import { keepCompiledCode } from "./compiled-code.ts";

// Before the rest is loaded, which is what it keeps.
keepCompiledCode(process);
const [{ runCli }, { supervisorOf }] = await Promise.all([
  import("./run-cli.ts"),
  import("./processes/supervisor.ts"),
]);

process.exitCode = await runCli(process.argv.slice(2), {
  // biome-ignore lint/style/noProcessEnv: this is the one place where the environment is read.
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  supervisor: supervisorOf(process),
});
