// One .npy for each utterance, as a store of frames: `index.tsv` says `id TAB file` a
// line, or files are called `<id>.npy`.
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { safeId } from '../audio/ids.js';
import { AsrError, itemProblem } from '../core/errors.js';
import { insideFolder } from '../core/inside-folder.js';
import { readLines } from '../core/jsonl.js';
import { entryIds } from './fairseq-folder.js';
import { NpyRows } from './npy-rows.js';
import type { FrameStore } from './frame-source.js';

/**
 * @param ids of the utterances that want frames
 * @throws AsrError 'input' when the folder has no frames for any of them
 */
export async function openNpyFolder(folder: string, ids: readonly string[]): Promise<FrameStore> {
  const index = join(folder, 'index.tsv');
  const indexed = existsSync(index) ? await readIndex(index, folder) : undefined;
  let listed = indexed;
  const pathOf = (id: string): string | undefined => {
    // Where files are called as utterances are, a folder of a million of them is never listed.
    const own = indexed || /[/\\]/.test(id) ? undefined : join(folder, `${id}.npy`);
    if (own !== undefined && existsSync(own)) return own;
    listed ??= listFolder(folder);
    const path = listed.get(id) ?? listed.get(safeId(id));
    return path !== undefined && existsSync(path) ? path : undefined;
  };
  const there = ids.filter((id) => pathOf(id) !== undefined);
  if (there.length === 0) {
    throw new AsrError(
      'input',
      `${folder}: no frames for any of ${ids.length} utterances (${ids.slice(0, 3).join(', ')} …)`,
      'Expected train.npy with train.lengths (fairseq), or <id>.npy for each ' +
        'utterance, or index.tsv with `id TAB file` a line.',
    );
  }
  const { id: first, dim } = await firstUsable(there, pathOf);
  const opened = async <T>(id: string, use: (rows: NpyRows) => T | Promise<T>): Promise<T> =>
    withRows(pathOf(id) as string, async (rows) => {
      if (rows.columns !== dim)
        throw new AsrError(
          'input',
          `${pathOf(id) ?? ''}: ${rows.columns} dimensions, "${first}" has ${dim}`,
          'All files must come from the same model and layer.',
        );
      return use(rows);
    });
  return {
    dim,
    kind: 'npy',
    rowsOf: async (id) => (pathOf(id) === undefined ? undefined : opened(id, ({ rows }) => rows)),
    read: (id) => opened(id, (rows) => rows.read(0, rows.rows)),
    close: async () => undefined,
  };
}

/** The first file that can be read says how wide all are; a damaged one costs its own utterance. */
async function firstUsable(
  ids: readonly string[],
  pathOf: (id: string) => string | undefined,
): Promise<{ id: string; dim: number }> {
  let problem: AsrError | undefined;
  for (const id of ids) {
    try {
      return { id, dim: await withRows(pathOf(id) as string, async ({ columns }) => columns) };
    } catch (thrown) {
      problem ??= itemProblem(thrown);
    }
  }
  throw problem ?? new AsrError('input', 'no frames');
}

async function withRows<T>(path: string, use: (rows: NpyRows) => Promise<T>): Promise<T> {
  const rows = await NpyRows.open(path);
  try {
    return await use(rows);
  } finally {
    await rows.close();
  }
}

/** Files by what they may be called: as they are, and as the audio stage would write it (composed, without blanks). */
function listFolder(folder: string): Map<string, string> {
  const files = new Map<string, string>();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.npy'))
    .sort();
  const stems = names.map((name) => name.slice(0, -'.npy'.length).split(sep).join('/'));
  stems.forEach((id, i) => files.set(id, join(folder, names[i]!)));
  stems.forEach((id, i) => {
    for (const other of entryIds(id)) if (!files.has(other)) files.set(other, join(folder, names[i]!));
  });
  return files;
}

async function readIndex(path: string, folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === '') continue;
    const [id, file] = text.split('\t');
    if (id === undefined || file === undefined)
      throw new AsrError('input', `${path}, line ${line}: expected \`id TAB file\`, found "${text}"`);
    const add = (path: string): void => {
      files.set(id, path);
      if (!files.has(safeId(id))) files.set(safeId(id), path);
    };
    add(
      await insideFolder(folder, file, {
        source: `${path}, line ${line}`,
        code: 'input',
        hint: 'Files of an index lie beside it or below it: put index.tsv above all of them, or copy them there.',
      }),
    );
  }
  return files;
}
