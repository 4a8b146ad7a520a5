#!/usr/bin/env node
// Plain JavaScript that any Node can read, because the rest is TypeScript, which
// Node runs as it is from 22.18 on. An older Node hands over to the one that
// npm installed beside us (the package "node").
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const main = new URL("../src/main.ts", import.meta.url);
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  await import(main.href);
} else {
  const node = installedNode();
  if (node === undefined) {
    process.stderr.write(
      `aibridge: needs Node 22.18 or later, and this is ${process.versions.node}. ` +
        "Install a newer Node, or run `npm ci` with install scripts enabled.\n",
    );
    process.exitCode = 1;
  } else {
    handOver(node);
  }
}

function installedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    return join(dirname(manifest), "bin", "node");
  } catch {
    return undefined;
  }
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  // A terminal sends SIGINT to both of us already; from elsewhere it comes to us alone.
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  child.once("error", (error) => {
    process.stderr.write(`aibridge: can't run ${node}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
  });
}
