#!/usr/bin/env node
import { supervisorOf } from "./processes/supervisor.ts";
import { runCli } from "./run-cli.ts";

process.exitCode = await runCli(process.argv.slice(2), {
  // biome-ignore lint/style/noProcessEnv: this is the one place where the environment is read.
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  supervisor: supervisorOf(process),
});
