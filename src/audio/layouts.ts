// The corpus as it lies on disk in, candidate recordings out: which file, which id, who speaks, which split.
// Tables may hold transcripts: only the columns named here are looked at, and nothing else of a line is ever
// stored, logged or put into an error, since no stage before `score` may know a reference.
import { basename, dirname, join, resolve } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import type { Split } from '../core/records.js';
import type { AudioConfig } from './config.js';
import { safeId, splitOf, stem } from './ids.js';
import { soundFiles, type SoundFile } from './sound-files.js';

/** A recording before it was opened; `problem` says why it cannot be used. */
export type Candidate = { readonly id: string } & (
  | { readonly path: string; readonly speaker: string; readonly split: Split }
  | { readonly problem: string });

/**
 * Lists the corpus in a fixed order. Ids are unique among those without a problem.
 * @throws AsrError 'input' when folder or table are missing, or the table lacks a column
 */
export async function* findRecordings(config: AudioConfig, data: string): AsyncGenerator<Candidate> {
  const root = resolve(data, config.dir);
  const found = config.layout === 'folder' ? fromFolder(config, root) : fromTable(config, root, resolve(data, config.table));
  const taken = new Map<string, string>();
  for await (const { id, ...rest } of found) {
    const before = taken.get(id);
    if ('problem' in rest) yield { id, ...rest };
    else if (before !== undefined) yield { id, problem: `duplicate id: ${JSON.stringify(rest.path)} is left out, ${JSON.stringify(before)} was first; rename one, or set audio.ids=path for folders that reuse names` };
    else {
      taken.set(id, rest.path);
      yield { id, ...rest };
    }
  }
}

async function* fromFolder(config: AudioConfig, root: string): AsyncGenerator<Candidate> {
  for await (const file of soundFiles(root)) {
    const name = config.ids === 'path' ? file.parts.join('_') : file.parts.at(-1) ?? '';
    const id = safeId(stem(name));
    yield { id, path: file.path, speaker: speakerOf(file, root, id, config), split: splitOf(id, config.testShare) };
  }
}

function speakerOf(file: SoundFile, root: string, id: string, config: AudioConfig): string {
  if (config.speakers === 'one') return 'speaker';
  if (config.speakers === 'file') return id;
  const folders = file.parts.slice(0, -1);
  return safeId((config.speakers === 'top' ? folders[0] : folders.at(-1)) ?? basename(root));
}

async function* fromTable(config: AudioConfig, root: string, table: string): AsyncGenerator<Candidate> {
  const files = await indexFiles(root);
  const rows = config.layout === 'metadata' ? metadataRows(table) : tsvRows(table, config);
  for await (const row of rows) {
    const id = safeId(stem(row.id));
    if (id === '') {
      yield { id: `line ${row.line}`, problem: `no id in line ${row.line} of ${config.table}` };
      continue;
    }
    const file = fileOf(row, root, files);
    const split = row.split === undefined ? splitOf(id, config.testShare) : splitNamed(row.split);
    if (typeof file === 'string') yield { id, problem: file };
    else if (split === undefined) yield { id, problem: `the split in line ${row.line} of ${config.table} is neither train nor test` };
    else yield { id, path: file.path, speaker: row.speaker ?? speakerOf(file, root, id, config), split };
  }
}

interface Row {
  readonly line: number;
  readonly id: string;
  readonly path?: string | undefined;
  readonly speaker?: string | undefined;
  readonly split?: string | undefined;
}

/** `id|text`, no header (LJ Speech): everything after the first bar is dropped unread. */
async function* metadataRows(table: string): AsyncGenerator<Row> {
  for await (const [line, text] of tableLines(table)) {
    const bar = text.indexOf('|');
    // Without a bar the line may be the text itself, which must not become an id.
    yield { line, id: bar < 0 ? '' : text.slice(0, bar).trim() };
  }
}

/** Tab-separated with a header, as Mboshi's utterances.tsv. */
async function* tsvRows(table: string, config: AudioConfig): AsyncGenerator<Row> {
  let places: Record<keyof AudioConfig['columns'], number> | undefined;
  for await (const [line, text] of tableLines(table)) {
    const cells = text.split('\t');
    if (!places) {
      places = placeColumns(cells, table, config);
      continue;
    }
    const cell = (at: number): string | undefined => (at < 0 || cells[at] === '' ? undefined : cells[at]?.trim());
    const speaker = cell(places.speaker);
    yield { line, id: cell(places.id) ?? '', path: cell(places.path), speaker: speaker === undefined ? undefined : safeId(speaker), split: cell(places.split) };
  }
}

function placeColumns(header: readonly string[], table: string, config: AudioConfig): Record<keyof AudioConfig['columns'], number> {
  const names = header.map((name) => name.trim());
  const standard = { id: '', path: 'path', speaker: 'speaker', split: 'split' };
  const place = (column: keyof AudioConfig['columns']): number => {
    const name = config.columns[column];
    const at = names.indexOf(name);
    // A name that nobody asked for may be absent; one that was asked for, or the id, may not.
    if (at < 0 && name !== '' && name !== standard[column]) {
      throw new AsrError('input', `${table}: no column "${name}" in its header`, `Columns there: ${names.join(', ')}. Set audio.columns.${column} to one of them.`);
    }
    return at;
  };
  const places = { id: place('id'), path: place('path'), speaker: place('speaker'), split: place('split') };
  if (places.id < 0) throw new AsrError('config', 'audio.columns.id is empty', 'Name the column that holds the recording ids.');
  return places;
}

/** Lines with their numbers; a byte order mark and blank lines are passed over. */
async function* tableLines(table: string): AsyncGenerator<[number, string]> {
  let line = 0;
  for await (const text of readLines(table)) {
    line++;
    const clean = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (clean.trim() !== '') yield [line, clean];
  }
}

interface FileIndex {
  readonly byName: ReadonlyMap<string, SoundFile>;
  readonly byStem: ReadonlyMap<string, SoundFile>;
}

/** Files by name and by name without ending, both below the folder, as composed Unicode. */
async function indexFiles(root: string): Promise<FileIndex> {
  const byName = new Map<string, SoundFile>();
  const byStem = new Map<string, SoundFile>();
  for await (const file of soundFiles(root)) {
    const name = file.parts.join('/').normalize('NFC');
    byName.set(name, file);
    if (!byStem.has(stem(name))) byStem.set(stem(name), file);
  }
  return { byName, byStem };
}

/** The row's file, or what is wrong with it. */
function fileOf(row: Row, root: string, files: FileIndex): SoundFile | string {
  const name = (row.path ?? row.id).replaceAll('\\', '/').replace(/^\.\//, '').normalize('NFC');
  const file = files.byName.get(name) ?? (row.path === undefined ? files.byStem.get(name) : undefined);
  if (file) return file;
  if (row.path === undefined) return `no sound file ${JSON.stringify(`${join(root, row.id)}.*`)}`;
  // The path may lead out of the folder, or to an ending that is not known.
  const path = resolve(root, row.path);
  return { path, parts: [basename(dirname(path)), basename(path)] };
}

function splitNamed(name: string): Split | undefined {
  const lower = name.toLowerCase();
  if (lower.startsWith('train')) return 'train';
  return /^(test|dev|valid|validation|eval)/.test(lower) ? 'test' : undefined;
}
