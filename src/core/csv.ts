// Comma-separated values (RFC 4180) in, rows out, as a stream: cells in double quotes may hold
// commas, doubled quotes and line ends. Spreadsheets whose numbers have a comma write semicolons instead, others tabs.
import { AsrError } from './errors.js';
import { readLines } from './lines.js';

export interface CsvRow {
  /** Where the row begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** Lines over which one row may go: a quote that is never closed would take the rest of the file. */
const mostLines = 1000;

/**
 * Rows of a file; blank lines are passed over.
 * @throws AsrError 'input' for a quote that is not closed
 */
export async function* readCsv(path: string): AsyncGenerator<CsvRow> {
  let number = 0;
  let line = 0;
  let lines: string[] = [];
  let open = false;
  let separator: Separator | undefined;
  for await (const text of readLines(path)) {
    number++;
    if (lines.length === 0) {
      if (text.trim() === '') continue;
      line = number;
    }
    lines.push(text);
    separator ??= separatorOf(text);
    // Doubled quotes cancel out, so an odd count leaves a cell open.
    if (text.split('"').length % 2 === 0) open = !open;
    if (!open) {
      yield { line, cells: csvCells(lines.join('\n'), separator) };
      lines = [];
    } else if (lines.length > mostLines) break;
  }
  if (open)
    throw new AsrError(
      'input',
      `${path}, line ${line}: a quote that is never closed`,
      'Close it, or double it inside.',
    );
}

export type Separator = ',' | ';' | '\t';

/** What a file's first line parts its cells by: commas, unless it has none, but semicolons or tabs. */
export function separatorOf(line: string): Separator {
  const bare = line.replace(/"[^"]*"/g, '');
  return ([',', ';', '\t'] as const).find((separator) => bare.includes(separator)) ?? ',';
}

/** The cells of one row. */
export function csvCells(row: string, separator: Separator = ','): string[] {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    if (row[at] === '"') {
      let cell = '';
      for (at++; at < row.length; at++) {
        const quote = row.indexOf('"', at);
        const end = quote < 0 ? row.length : quote;
        cell += row.slice(at, end);
        at = end;
        if (row[at + 1] !== '"') break;
        cell += '"';
        at++;
      }
      const comma = row.indexOf(separator, at);
      cells.push(cell);
      if (comma < 0) return cells;
      at = comma;
    } else {
      const comma = row.indexOf(separator, at);
      cells.push(row.slice(at, comma < 0 ? row.length : comma));
      if (comma < 0) return cells;
      at = comma;
    }
  }
}
