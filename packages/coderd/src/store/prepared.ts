import { type RawBuilder, sql } from "kysely";

/**
 * Marks a statement for which the plan is worth keeping, by a comment in its
 * text: what runs a hundred times a second should be parsed and planned once per
 * connection. Use it as `.modifyFront(prepared("name"))`. The name stands for
 * one text only, so a marked statement must not vary but in its parameters.
 */
export function prepared(name: string): RawBuilder<unknown> {
  return sql.raw(`/* prepared: ${name} */`);
}

const mark = /^select \/\* prepared: (\w+) \*\//;

/** The name to prepare a statement under, if its text is marked. */
export function preparedName(statement: string): string | undefined {
  return mark.exec(statement)?.[1];
}
