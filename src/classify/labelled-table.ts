// Texts with their labels: a .tsv or .csv with a header in, rows out. Further columns are groups by which errors are
// counted (dialect, names, …); `speaker` says who is drawn for intervals.
import { extname } from 'node:path';
import { readCsv } from '../core/csv.js';
import { AsrError } from '../core/errors.js';
import { notUtf8, readLines } from '../core/lines.js';

export interface LabelledRow {
  /** As in the column id, else the number of the line. */
  readonly id: string;
  readonly text: string;
  readonly label: string;
  readonly speaker: string | undefined;
  readonly groups: Readonly<Record<string, string>>;
}

const mostRows = 1_000_000;
const hint = 'Its first line names the columns: text and label, and perhaps id, speaker and groups (dialect, …).';

/** @throws AsrError 'input' where columns or cells are missing (with the line) */
export async function readLabelled(path: string): Promise<LabelledRow[]> {
  const rows: LabelledRow[] = [];
  let header: readonly string[] | undefined;
  for await (const { cells, line } of rowsOf(path)) {
    const where = `${path}, line ${line}`;
    if (cells.some(notUtf8)) throw new AsrError('input', `${where}: the file is not UTF-8`, 'Convert it with iconv.');
    if (!header) {
      header = cells.map((cell) => cell.trim().toLowerCase());
      const missing = ['text', 'label'].filter((name) => !header?.includes(name));
      if (missing.length > 0) throw new AsrError('input', `${where}: no column ${missing.join(' and ')}`, hint);
      const twice = header.find((name, i) => name !== '' && header?.indexOf(name) !== i);
      if (twice !== undefined) throw new AsrError('input', `${where}: two columns are called ${twice}`, hint);
      continue;
    }
    const byName = new Map(header.map((name, i) => [name, cells[i]?.normalize('NFC').trim() ?? '']));
    const label = byName.get('label') ?? '';
    if (label === '' || label.length > 200)
      throw new AsrError('input', `${where}: ${label === '' ? 'no label' : 'a label of over 200 characters'}`, hint);
    if (rows.length === mostRows)
      throw new AsrError('input', `${where}: more than ${mostRows} rows`, 'Take a part of them.');
    const own = ['text', 'label', 'id', 'speaker', ''];
    rows.push({
      id: byName.get('id') || String(line),
      text: byName.get('text') ?? '',
      label,
      speaker: byName.get('speaker') || undefined,
      groups: Object.fromEntries([...byName].filter(([name, value]) => !own.includes(name) && value !== '')),
    });
  }
  if (rows.length === 0) throw new AsrError('input', `${path}: no row with a text and a label`, hint);
  return rows;
}

async function* rowsOf(path: string): AsyncGenerator<{ cells: readonly string[]; line: number }> {
  if (extname(path).toLowerCase() === '.csv') {
    yield* readCsv(path);
    return;
  }
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() !== '') yield { cells: line.split('\t'), line: number };
  }
}
