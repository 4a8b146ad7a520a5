/** Below this no text can keep the process busy for long: 64 Ki characters parse within 20 ms. */
const unboundedChars = 64 * 1_024;

/** Levels of arrays and objects. What people send has about ten. */
const levelsMax = 1_000;

/**
 * Values in arrays and objects. The longest conversations have some ten
 * thousand; each costs up to a microsecond and a hundred bytes.
 */
const valuesMax = 250_000;

/** JSON that would take more time and memory to parse than it is worth. The message is public. */
export class TooComplexJsonError extends Error {
  override readonly name = "TooComplexJsonError";
}

/**
 * `JSON.parse` for what strangers send. It is synchronous, so it holds up
 * everybody: 16 MB of opening brackets block for 5 s and take 700 MB, 30 MB of
 * `{},` block for 6 s (measured on Node 24). So large texts are first looked
 * over, which costs about a millisecond for each megabyte.
 *
 * @throws TooComplexJsonError if a text of more than 64 Ki characters has more
 *   than 1,000 levels or 250,000 values.
 * @throws SyntaxError if it is no JSON.
 */
export function parseBoundedJson(text: string): unknown {
  if (text.length > unboundedChars) requireSimple(text);
  return JSON.parse(text);
}

function requireSimple(text: string): void {
  let levels = 0;
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case "[":
      case "{":
        values++;
        if (++levels > levelsMax) throw new TooComplexJsonError("JSON is nested too deep");
        break;
      case "]":
      case "}":
        levels--;
        break;
      case ",":
        values++;
        break;
    }
    if (values > valuesMax) throw new TooComplexJsonError("JSON has too many values");
  }
}

/** Where the string that begins at `start` ends; where the text ends, if it is not closed. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

/** Whether an odd number of backslashes stands before. */
function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text[first - 1] === "\\") first--;
  return (at - first) % 2 === 1;
}
