import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BenchProcess, type Cores, startCommand } from "./process.ts";

/** A running nginx. */
export interface Nginx {
  readonly process: BenchProcess;
  readonly url: string;
}

/** Debian puts it where only an administrator's search path looks. */
const candidates = ["nginx", "/usr/sbin/nginx"];

/**
 * nginx that passes everything on, as one process on one core: connections are
 * kept on both sides, answers are not buffered (else events would be held
 * back), and nothing is logged. Undefined where nginx is not installed.
 */
export async function startNginx(
  stack: AsyncDisposableStack,
  cores: Cores,
  upstreamUrl: string,
): Promise<Nginx | undefined> {
  const binary = candidates.find((candidate) => spawnSync(candidate, ["-v"]).status === 0);
  if (binary === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "aibridge-nginx-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const configuration = join(folder, "nginx.conf");
  await writeFile(configuration, configurationFor(folder, port, new URL(upstreamUrl).host));
  const process = stack.use(startCommand(cores, [binary, "-p", folder, "-c", configuration]));
  await accepting(port);
  return { process, url: `http://127.0.0.1:${port}` };
}

function configurationFor(folder: string, port: number, upstream: string): string {
  return `
    daemon off;
    # One process, so that its CPU and memory are all of it.
    master_process off;
    pid ${folder}/nginx.pid;
    error_log /dev/null;
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; }
    http {
      access_log off;
      client_body_temp_path ${folder};
      proxy_temp_path ${folder};
      fastcgi_temp_path ${folder};
      uwsgi_temp_path ${folder};
      scgi_temp_path ${folder};
      client_max_body_size 32m;
      # A body stays in memory, as in the others.
      client_body_buffer_size 1m;
      keepalive_timeout 60s;
      keepalive_requests 1000000000;
      upstream provider {
        server ${upstream};
        keepalive 256;
        keepalive_requests 1000000000;
      }
      server {
        listen 127.0.0.1:${port} backlog=4096;
        location / {
          proxy_pass http://provider;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_buffering off;
        }
      }
    }`;
}

/** nginx can't choose one and tell, so it gets one that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (typeof address !== "object" || address === null) throw new Error("no port is free");
  return address.port;
}

async function accepting(port: number): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "connect");
      return;
    } catch {
      await sleep(100);
    } finally {
      socket.destroy();
    }
  }
  throw new Error("nginx does not accept connections");
}
