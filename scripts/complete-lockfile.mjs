import { readFileSync, writeFileSync } from "node:fs";

/**
 * `npm run lock`: run it after `npm install` changed the lockfile.
 *
 * A lockfile must name the packages of every platform, or `npm ci` refuses it.
 * npm leaves out those that its registry doesn't have, and some mirrors carry
 * only the platforms that they serve. Their names say all that an entry needs:
 * the version is the one that the parent pins, and the platform is in the name.
 */
const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const { packages } = lock;

/** Words of package names, and the field of the entry that they set. */
const words = {
  os: {
    aix: "aix",
    android: "android",
    darwin: "darwin",
    freebsd: "freebsd",
    linux: "linux",
    linuxmusl: "linux",
    netbsd: "netbsd",
    openbsd: "openbsd",
    openharmony: "openharmony",
    sunos: "sunos",
    win32: "win32",
    windows: "win32",
    wasm32: "wasm32",
    wasi: "wasm32",
    webcontainer: "wasm32",
  },
  cpu: {
    arm: "arm",
    armv6: "arm",
    armv7: "arm",
    arm64: "arm64",
    ia32: "ia32",
    loong64: "loong64",
    mips64el: "mips64el",
    ppc64: "ppc64",
    riscv64: "riscv64",
    s390x: "s390x",
    wasm32: "wasm32",
    x64: "x64",
  },
  libc: { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl", linuxmusl: "musl" },
};

function platformOf(name) {
  const parts = name.split(/[-/]/);
  return Object.fromEntries(
    Object.entries(words).flatMap(([field, known]) => {
      const found = parts.map((part) => known[part]).find((value) => value !== undefined);
      return found === undefined ? [] : [[field, [found]]];
    }),
  );
}

/** Where Node would find a dependency of the package at `path`. */
function isLocked(path, name) {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf("node_modules/"))) {
    if (packages[`${at && !at.endsWith("/") ? `${at}/` : at}node_modules/${name}`]) return true;
    if (at === "" || !at.includes("node_modules/"))
      return Boolean(packages[`node_modules/${name}`]);
  }
}

let added = 0;
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = platformOf(name);
    if (isLocked(path, name) || (!platform.os && !platform.cpu)) continue;
    const entry = { version: version.replace(/^[\^~]/, ""), ...platform, optional: true };
    packages[`node_modules/${name}`] = dev ? { ...entry, dev } : entry;
    added++;
  }
}
const sorted = Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, "en"));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added} packages of other platforms added to the lockfile\n`);
