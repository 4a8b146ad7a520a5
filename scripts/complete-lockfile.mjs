import { readFileSync, writeFileSync } from "node:fs";

/**
 * `npm run lock` runs it after `npm install`; its arguments are lockfiles.
 *
 * A lockfile must name the packages of every platform, or `npm ci` refuses it.
 * npm leaves out those that its registry doesn't have, and some mirrors carry
 * only the platforms that they serve. Their names say all that an entry needs:
 * the version is the one that the parent pins, and the platform is in the name.
 */
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

/** Whether the lockfile has a dependency of the package at `path`, where Node would find it. */
function isLocked(packages, path, name) {
  const parents = path
    .split("node_modules/")
    .map((_, at, all) => all.slice(0, at + 1).join("node_modules/"));
  return parents.some((parent) => {
    const folder = parent === "" || parent.endsWith("/") ? parent : `${parent}/`;
    return packages[`${folder}node_modules/${name}`] !== undefined;
  });
}

/** What a parent pins: a version, or (`npm:name@version`) one of another package. */
function pinned(spec) {
  const alias = /^npm:(.+)@([^@]+)$/.exec(spec);
  return alias ? { name: alias[1], version: alias[2] } : { version: spec.replace(/^[\^~]/, "") };
}

function complete(packages) {
  let added = 0;
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    for (const [name, spec] of Object.entries(optionalDependencies)) {
      const platform = platformOf(name);
      if (isLocked(packages, path, name) || (!platform.os && !platform.cpu)) continue;
      const entry = { ...pinned(spec), ...platform, optional: true };
      packages[`node_modules/${name}`] = dev ? { ...entry, dev } : entry;
      added++;
    }
  }
  return added;
}

for (const file of process.argv.slice(2)) {
  const lock = JSON.parse(readFileSync(file, "utf8"));
  const added = complete(lock.packages);
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  lock.packages = Object.fromEntries(sorted);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`${file}: ${added} packages of other platforms added\n`);
}
