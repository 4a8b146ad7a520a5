import { createGateway } from "@aibridge/aibridge";
import {
  aborted,
  createMetrics,
  deadline,
  listenAdmin,
  loadCertificateAuthority,
  loadTlsIdentity,
  type ProcessContext,
} from "@aibridge/runtime";
import { createRpcAuthorizer } from "./coderd/authorizer.ts";
import { followProviders } from "./coderd/provider-feed.ts";
import { createCoderdTransport } from "./coderd/transport.ts";
import type { AibridgedConfig } from "./config.ts";
import { listenGateway } from "./listener.ts";

/**
 * Runs an aibridged until it was told to drain and has drained. Starts without
 * coderd, too: it answers 503 and is not ready until coderd answers.
 */
export async function runAibridged(
  config: AibridgedConfig,
  { log, drain, cut, announce }: ProcessContext,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const transport = createCoderdTransport({
    url: config.coderdUrl,
    gatewayKey: config.gatewayKey,
    ca: config.coderdCa ? await loadCertificateAuthority(config.coderdCa) : undefined,
  });
  const gateway = createGateway({
    authorizer: createRpcAuthorizer(transport),
    log,
    limits: config,
  });
  stack.defer(() => gateway.destroy());

  const following = new AbortController();
  stack.defer(() => following.abort());
  const providers = followProviders(
    { transport, onProviders: gateway.setProviders, log },
    following.signal,
  );
  await providers.tried;

  const tls =
    config.tlsCert && config.tlsKey
      ? await loadTlsIdentity(config.tlsCert, config.tlsKey)
      : undefined;
  const listener = stack.use(
    await listenGateway({ listen: config.gatewayListen, tls, serve: gateway.serve }),
  );
  const admin = stack.use(
    await listenAdmin({
      listen: config.adminListen,
      metrics: createMetrics(),
      ready: () => ({
        coderd: providers.check(),
        draining: drain.aborted ? { ok: false, why: "draining" } : { ok: true },
      }),
      log,
    }),
  );
  announce({ gatewayUrl: listener.url, adminUrl: admin.url });

  await aborted(drain);
  gateway.drain();
  using end = deadline(config.drainTimeoutMs, cut);
  await listener.close(end.signal);
  await gateway.close();
}
