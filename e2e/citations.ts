import { glob, readFile } from "node:fs/promises";

/** An id that a test cites, and where. */
export interface Citation {
  readonly id: string;
  readonly file: string;
  /** Whether the test must fail. */
  readonly failing: boolean;
}

const calls = /\bproves(\.failing)?\(\s*("[^"]*"|\[[^\]]*\])?/g;
const comments = /^[ \t]*\/\/ proves: (.*)$/gm;

/**
 * What the source of a test cites: by `proves("id", ...)`, `proves(["id"], ...)`
 * or a comment line `// proves: id, id`. Throws for a call whose ids are no
 * literals, because it could not be read.
 */
export function citationsIn(source: string, file: string): Citation[] {
  const called = [...source.matchAll(calls)].flatMap(([call, failing, ids]) => {
    if (ids === undefined) throw new Error(`${file}: ids must be literals: ${call}`);
    return [...ids.matchAll(/"([^"]*)"/g)].map(([, id = ""]) => ({
      id,
      file,
      failing: failing !== undefined,
    }));
  });
  const commented = [...source.matchAll(comments)].flatMap(([, ids = ""]) =>
    ids.split(", ").map((id) => ({ id, file, failing: false })),
  );
  return [...called, ...commented];
}

/** What all tests of the repository cite. Dependencies are not looked into. */
export async function allCitations(root: string): Promise<Citation[]> {
  const citations: Citation[] = [];
  const files = glob("{packages,e2e,benchmarks,examples,docs}/**/*.test.ts", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name.endsWith("/node_modules"),
  });
  for await (const file of files) {
    citations.push(...citationsIn(await readFile(`${root}/${file}`, "utf8"), file));
  }
  return citations;
}
