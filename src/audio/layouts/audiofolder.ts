// Hugging Face's AudioFolder: `metadata.csv` or `metadata.jsonl` with a `file_name` in each row, in the
// folder itself or in one folder for each split (train, validation, test). Ids are the file's path; of
// a row nothing but its file is kept.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { readCsv } from '../../core/csv.js';
import { AsrError } from '../../core/errors.js';
import { safeId, stem } from '../ids.js';
import { isWanted, splitFor, splitNamed, type Layout } from './candidate.js';
import { parsedLines } from './lhotse.js';

export const audioFolderLayout: Layout = {
  async *read(root, config) {
    for (const table of audioFolderTables(root)) {
      const folder = join(table, '..');
      for await (const { where, file } of audioFolderRows(table)) {
        if (file === undefined) {
          yield { id: where, problem: `no file_name in ${where}` };
          continue;
        }
        const parts = relative(root, join(folder, file)).split(/[\\/]/);
        const part = parts.slice(0, -1).find((name) => splitNamed(name) !== undefined);
        if (config.parts.length > 0 && !isWanted(part ?? '', config)) continue;
        const id = audioFolderId(root, folder, file);
        const speaker = config.speakers === 'one' ? 'speaker' : id;
        yield { id, path: join(folder, file), speaker, split: splitFor(part, id, config) };
      }
    }
  },
  external: (root) => [root],
};

/** Path below the root without its ending, folders joined by `_`. */
export const audioFolderId = (root: string, folder: string, file: string): string =>
  safeId(stem(relative(root, join(folder, file)).split(/[\\/]/).join('_')));

/** @throws AsrError 'input' when there is none */
export function audioFolderTables(root: string): string[] {
  const below = existsSync(root)
    ? readdirSync(root, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort()
    : [];
  const tables = ['.', ...below].flatMap((folder) => {
    const name = ['metadata.csv', 'metadata.jsonl'].find((table) => existsSync(join(root, folder, table)));
    return name === undefined ? [] : [join(root, folder, name)];
  });
  if (tables.length > 0) return tables;
  throw new AsrError(
    'input',
    `${root}: no metadata.csv or metadata.jsonl, here or one folder below`,
    'audio.layout is audiofolder: Check --data and audio.dir. metadata.parquet is not read.',
  );
}

export interface AudioFolderRow {
  readonly where: string;
  readonly file: string | undefined;
  /** Cells by column. */
  readonly cell: (column: string) => string | undefined;
}

/** @throws AsrError 'input' for a table without `file_name` */
export async function* audioFolderRows(table: string): AsyncGenerator<AudioFolderRow> {
  if (table.endsWith('.jsonl')) {
    for await (const { line, value } of parsedLines(table, z.record(z.string(), z.unknown()))) {
      const cell = (column: string): string | undefined => {
        const found = value?.[column];
        return typeof found === 'string' ? found : undefined;
      };
      yield { where: line, file: cell('file_name'), cell };
    }
    return;
  }
  let header: readonly string[] | undefined;
  for await (const { line, cells } of readCsv(table)) {
    if (!header) {
      header = cells.map((name) => name.trim());
      if (!header.includes('file_name'))
        throw new AsrError('input', `${table}: no column "file_name"`, `Columns there: ${header.join(', ')}.`);
      continue;
    }
    const names = header;
    const cell = (column: string): string | undefined => {
      const found = cells[names.indexOf(column)]?.trim();
      return found === '' ? undefined : found;
    };
    yield { where: `line ${line} of ${basename(table)}`, file: cell('file_name'), cell };
  }
}
