import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserService } from "@aibridge/proto/coder/aibridge/v1/user";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { generate } from "selfsigned";
import { startListener } from "./rpc/test-listener.ts";
import { transports } from "./rpc/test-transports.ts";
import { loadCertificateAuthority, loadTlsIdentity } from "./tls.ts";

let folder: string;
let cert: string;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aibridge-tls-"));
  const own = await selfSigned();
  cert = own.cert;
  await Promise.all([
    writeFile(file("cert.pem"), own.cert),
    writeFile(file("key.pem"), own.private),
    writeFile(file("other-key.pem"), (await selfSigned()).private),
    writeFile(file("garbage.pem"), "not a certificate"),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

function selfSigned() {
  return generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
}

test.each(transports)("$name reaches the one port by TLS", async ({ connectTo }) => {
  const tls = await loadTlsIdentity(file("cert.pem"), file("key.pem"));
  const { listener } = await startListener({ tls });
  await using _ = listener;
  expect(listener.url).toMatch(/^https:/);
  const users = createClient(UserService, connectTo(listener.url, cert));
  expect((await users.getUser({ user: { case: "id", value: "ann" } })).user?.id).toBe("ann");
});

test.each(transports)(
  "closing a TLS port lets a running call end: $name",
  async ({ connectTo }) => {
    const tls = await loadTlsIdentity(file("cert.pem"), file("key.pem"));
    const { listener, arrived, release } = await startListener({ tls });
    const users = createClient(UserService, connectTo(listener.url, cert));
    const call = users.getUser({ user: { case: "id", value: "held" } });
    await arrived;
    const closed = listener.close(new AbortController().signal);
    release();
    expect((await call).user?.id).toBe("held");
    await closed;
  },
);

test("a file that is not there is named", async () => {
  await expect(loadTlsIdentity(file("none.pem"), file("key.pem"))).rejects.toThrow(
    `can't read the TLS certificate ${file("none.pem")}: ENOENT`,
  );
});

test.each([
  ["cert.pem", "other-key.pem"],
  ["garbage.pem", "key.pem"],
  ["cert.pem", "garbage.pem"],
])("%s and %s can't be used together, and the error names both", async (certName, keyName) => {
  await expect(loadTlsIdentity(file(certName), file(keyName))).rejects.toThrow(
    `can't use the TLS certificate ${file(certName)} and the private key ${file(keyName)}: `,
  );
});

test("a certificate authority is read, and one that holds no certificate is refused", async () => {
  expect((await loadCertificateAuthority(file("cert.pem"))).toString()).toBe(cert);
  await expect(loadCertificateAuthority(file("garbage.pem"))).rejects.toThrow(
    `the TLS certificate authority ${file("garbage.pem")} holds no certificate in PEM`,
  );
});
