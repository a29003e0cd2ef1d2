// Rows of cells in, lines of text with aligned columns out: what commands show to people.

/** @param flushRight columns of numbers. The first row is the heading. */
export function alignedTable(rows: readonly (readonly string[])[], flushRight: readonly number[]): string {
  const widths = (rows[0] as readonly string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) =>
            flushRight.includes(column)
              ? cell.padStart(widths[column] as number)
              : cell.padEnd(widths[column] as number),
          )
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
