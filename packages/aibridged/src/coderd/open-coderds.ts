import { type Logger, loadCertificateAuthority } from "@aibridge/runtime";
import type { AibridgedConfig } from "../config.ts";
import { Coderds } from "./coderds.ts";

/**
 * The coderds that the configuration names. Nothing is asked of them yet.
 *
 * @throws if the file of certificates can't be read.
 */
export async function openCoderds(
  { coderdCa, coderdUrls: urls, gatewayKey }: AibridgedConfig,
  log: Logger,
): Promise<Coderds> {
  const ca = coderdCa ? await loadCertificateAuthority(coderdCa) : undefined;
  return new Coderds({ urls, gatewayKey, ca, log });
}
