/** A command of a page, and what the page says comes of it. */
export interface Snippet {
  /** Where it stands in the page, from 1. */
  readonly line: number;
  readonly script: string;
  /** Whether it goes on running while the snippets after it run. */
  readonly serves: boolean;
  readonly exitCode: number;
  /** What it prints, see `outputPattern`. Undefined: the page does not say. */
  readonly output: string | undefined;
}

const fence = /^```(\w+)(?: (.+))?\n([\s\S]*?)^```$/gm;
const modes = /^test(?: (serves)| exit=(\d+))?$/;

/**
 * The snippets of a page that are run: blocks marked `sh test`, `sh test exit=8`
 * for one that fails, or `sh test serves` for a process. A block marked `output`
 * belongs to the one before it. Throws for a block of shell that is neither
 * marked so nor `norun`, so that running is never forgotten.
 */
export function snippetsOf(markdown: string): Snippet[] {
  const snippets: Snippet[] = [];
  for (const { index, 1: language, 2: info = "", 3: text = "" } of markdown.matchAll(fence)) {
    const line = markdown.slice(0, index).split("\n").length;
    const last = snippets.at(-1);
    if (info === "output" && last) snippets.splice(-1, 1, { ...last, output: text });
    else if (language === "sh" && info !== "norun") snippets.push(snippet(line, info, text));
  }
  return snippets;
}

function snippet(line: number, info: string, script: string): Snippet {
  const match = modes.exec(info);
  if (match === null) throw new Error(`line ${line}: mark the block "sh test" or "sh norun"`);
  const [, serves, exitCode = "0"] = match;
  const isProcess = serves !== undefined;
  return { line, script, serves: isProcess, exitCode: Number(exitCode), output: undefined };
}

/**
 * What a page says of an output, as a pattern of all of it. `...` stands for
 * anything, white space for any or none, and `$NAME` for the variable if there
 * is one of that name; else for a word, which is in the group of that name.
 */
export function outputPattern(output: string, variables: Readonly<Record<string, string>>): RegExp {
  const named = new Set<string>();
  const partPattern = (part: string) => {
    if (part === "...") return "[\\s\\S]*?";
    if (!/^\$[A-Z]/.test(part)) return escaped(part);
    const name = part.slice(1);
    const known = variables[name];
    if (known !== undefined) return escaped(known);
    if (named.has(name)) return `\\k<${name}>`;
    named.add(name);
    return `(?<${name}>[^\\s",]+?)`;
  };
  const words = output
    .trim()
    .split(/\s+/)
    .map((word) =>
      word
        .split(/(\.{3}|\$[A-Z][A-Z0-9_]*)/)
        .map(partPattern)
        .join(""),
    );
  return new RegExp(`^\\s*${words.join("\\s*")}\\s*$`);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
