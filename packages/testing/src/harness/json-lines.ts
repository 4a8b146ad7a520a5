import type { Readable } from "node:stream";

/** A line that a process wrote: a JSON object, or what it wrote instead under `text`. */
export type Line = Readonly<Record<string, unknown>>;

/** The lines of a process that are kept; the oldest go first. */
const linesMax = 20_000;

/**
 * The lines that a process writes, parsed as they come, for tests that wait
 * for one or look at all of them.
 */
export class JsonLines {
  /** All lines so far, oldest first. */
  readonly all: Line[] = [];
  readonly #listeners = new Set<(line: Line) => void>();
  #rest = "";

  constructor(stream: Readable) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = `${this.#rest}${text}`.split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#add(parseLine(line));
    });
    stream.on("end", () => {
      if (this.#rest !== "") this.#add(parseLine(this.#rest));
    });
  }

  /** The lines that hold all these fields with these values. */
  where(fields: Line): Line[] {
    return this.all.filter((line) => holds(line, fields));
  }

  /**
   * Resolves to the first line for which `wants` is true, of those so far and
   * those to come. Rejects with the signal's reason when it aborts first.
   */
  async first(wants: (line: Line) => boolean, signal: AbortSignal): Promise<Line> {
    const seen = this.all.find(wants);
    if (seen !== undefined) return seen;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    const onLine = (line: Line) => {
      if (wants(line)) resolve(line);
    };
    const onAbort = () => reject(signal.reason);
    this.#listeners.add(onLine);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      this.#listeners.delete(onLine);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The last lines as text, to show why a process did not do what it should. */
  tail(lines = 20): string {
    return this.all
      .slice(-lines)
      .map((line) =>
        "text" in line && Object.keys(line).length === 1 ? line.text : JSON.stringify(line),
      )
      .join("\n");
  }

  #add(line: Line): void {
    this.all.push(line);
    if (this.all.length > linesMax) this.all.shift();
    for (const listener of this.#listeners) listener(line);
  }
}

function holds(line: Line, fields: Line): boolean {
  return Object.entries(fields).every(([name, value]) => line[name] === value);
}

function parseLine(text: string): Line {
  try {
    const value: unknown = JSON.parse(text);
    if (isLine(value)) return value;
  } catch {
    // Not every line is JSON: a crash prints a stack.
  }
  return { text };
}

function isLine(value: unknown): value is Line {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
