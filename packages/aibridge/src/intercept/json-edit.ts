import { elementSpans, memberSpan, type Span, topSpan } from "./json-member.ts";

/** A text in place of what stands in the span; an empty span only inserts. */
export interface Edit extends Span {
  readonly text: string;
}

/** The same bytes but for the edits, which must not overlap. */
export function edited(json: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push(json.subarray(from, start), Buffer.from(text));
    from = end;
  }
  return Buffer.concat([...parts, json.subarray(from)]);
}

/** Inserts elements before the one at `position`; behind the last if there is none. */
export function insertElements(
  json: Buffer,
  array: Span,
  position: number,
  elements: readonly unknown[],
): Edit {
  const text = elements.map((element) => JSON.stringify(element)).join(",");
  const present = elementSpans(json, array);
  const [next, last] = [present[position], present.at(-1)];
  if (next) return { start: next.start, end: next.start, text: text && `${text},` };
  const at = last?.end ?? array.start + 1;
  return { start: at, end: at, text: last && text ? `,${text}` : text };
}

/** Sets a member of the topmost object, which may have it or not. */
export function setMember(json: Buffer, name: string, valueText: string): Edit {
  const top = topSpan(json);
  const value = memberSpan(json, top, name);
  if (value) return { ...value, text: valueText };
  const at = top.start + 1;
  const isEmpty = /^\s*\}/.test(json.toString("latin1", at, at + 64));
  return { start: at, end: at, text: `${JSON.stringify(name)}:${valueText}${isEmpty ? "" : ","}` };
}
