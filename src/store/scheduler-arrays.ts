/**
 * PostgreSQL array literals for the set statements of the scheduler. pg's own serializer looks at each element's
 * type and escapes it; here the column decides once, which makes wide batches several times cheaper.
 */

/** Numbers, UUIDs, states, booleans: nothing that needs quotes. */
export function plainArray<Row>(
  rows: readonly Row[],
  pick: (row: Row) => string | number | boolean | null,
): string {
  let text = "{";
  for (let i = 0; i < rows.length; i++) {
    const value = pick(rows[i] as Row);
    if (i > 0) text += ",";
    text += value === null ? "NULL" : value;
  }
  return `${text}}`;
}

const needsEscape = /["\\]/;
const escaped = /["\\]/g;

/** Any text, JSON included: quoted, with quotes and backslashes escaped. */
export function textArray<Row>(rows: readonly Row[], pick: (row: Row) => string | null): string {
  const parts = rows.map((row) => {
    const value = pick(row);
    if (value === null) return "NULL";
    return needsEscape.test(value) ? `"${value.replace(escaped, "\\$&")}"` : `"${value}"`;
  });
  return `{${parts.join(",")}}`;
}
