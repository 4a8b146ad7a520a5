import { type RawBuilder, sql } from "kysely";

/** The columns of a statement and their types in PostgreSQL, by our names. */
export type ColumnTypes<Row> = { readonly [Key in keyof Row]: string };

/**
 * `insert into <table> ... select`, of any number of rows in one statement with
 * one parameter, in the order of the key, so that two batches lock rows in the
 * same order and can't wait for each other. `tail` says what follows; `key` names
 * the columns of the key.
 */
export function insertRows<Row extends object>(
  table: string,
  types: ColumnTypes<Row>,
  rows: readonly Row[],
  tail: RawBuilder<unknown>,
  key: readonly string[] = ["id"],
): RawBuilder<unknown> {
  const names = Object.keys(types);
  const columns = sql.raw(names.map(columnName).join(", "));
  const definitions = sql.raw(
    Object.entries(types)
      .map(([name, type]) => `"${name}" ${type}`)
      .join(", "),
  );
  const values = sql.raw(names.map((name) => `"${name}"`).join(", "));
  return sql`insert into ${sql.raw(table)} (${columns})
    select ${values} from json_to_recordset(${jsonOf(rows, types)}::text::json) as given (${definitions})
    order by ${sql.raw(key.map((name) => `"${name}"`).join(", "))} ${tail}`;
}

/** `a = excluded.a, ...` for the columns of a conflict clause. */
export function excludedColumns(types: object): RawBuilder<unknown> {
  const assignments = Object.keys(types)
    .map(columnName)
    .map((column) => `${column} = excluded.${column}`);
  return sql.raw(assignments.join(", "));
}

/** As the CamelCasePlugin of Kysely names it. */
function columnName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * PostgreSQL's text can't hold U+0000, and one such character must not keep a
 * batch from being written: it becomes U+FFFD.
 */
function jsonOf<Row extends object>(rows: readonly Row[], types: ColumnTypes<Row>): string {
  const json = JSON.stringify(withoutBigints(rows, types));
  // Hardly ever. A replacer, which is called for each value, was a sixth of what a batch costs us.
  return json.includes("\\u0000") ? JSON.stringify(JSON.parse(json), withoutNul) : json;
}

/** JSON has no name for them; the database reads their digits. */
function withoutBigints<Row extends object>(rows: readonly Row[], types: ColumnTypes<Row>) {
  const names = Object.entries(types).flatMap(([name, type]) => (type === "bigint" ? [name] : []));
  if (names.length === 0) return rows;
  return rows.map((row) => {
    const digits = Object.assign<Record<string, unknown>, object>({}, row);
    for (const name of names) digits[name] = digits[name]?.toString();
    return digits;
  });
}

function withoutNul(_: string, value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}
