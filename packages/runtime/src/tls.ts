import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";

/** A certificate chain and its key, in PEM. */
export interface TlsIdentity {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate chain and its private key. Rejects with a sentence that
 * names the file if one can't be read, and if the two don't fit together.
 */
export async function loadTlsIdentity(certFile: string, keyFile: string): Promise<TlsIdentity> {
  const [cert, key] = await Promise.all([
    readPem(certFile, "certificate"),
    readPem(keyFile, "private key"),
  ]);
  checkContext({ cert, key }, `the TLS certificate ${certFile} and the private key ${keyFile}`);
  return { cert, key };
}

/** Reads the certificates by which a peer is trusted, instead of the system's. */
export async function loadCertificateAuthority(file: string): Promise<Buffer> {
  const ca = await readPem(file, "certificate authority");
  if (!ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error(`the TLS certificate authority ${file} holds no certificate in PEM`);
  }
  checkContext({ ca }, `the TLS certificate authority ${file}`);
  return ca;
}

async function readPem(file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error";
    throw new Error(`can't read the TLS ${what} ${file}: ${code}`, { cause });
  }
}

function checkContext(options: { cert?: Buffer; key?: Buffer; ca?: Buffer }, what: string): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`can't use ${what}: ${reason}`, { cause });
  }
}
