// Layouts with a table of recordings: `id|text` (LJ Speech and its like), or with a header, parted by tabs (Mboshi, a
// divided corpus) or commas (.csv). Only the columns named here are looked at.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AsrError } from '../../core/errors.js';
import { readCsv, type CsvRow } from '../../core/csv.js';
import { readLines } from '../../core/jsonl.js';
import type { AudioConfig } from '../config.js';
import { safeId, splitOf, stem } from '../ids.js';
import { channelReader, type ChannelReader } from './channel-column.js';
import { isWanted, splitNamed, type Candidate, type Layout } from './candidate.js';
import { NamedFiles, type Row } from './file-index.js';
import { speakerOf } from './folder.js';

export type Columns = AudioConfig['columns'];

export const metadataLayout: Layout = {
  read: (root, config, data) =>
    fromTable(config, root, resolve(data, config.table), metadataRows(resolve(data, config.table))),
  external: (root, config, data) => [root, resolve(data, config.table)],
};

export const tsvLayout: Layout = {
  read: (root, config, data) =>
    fromTable(config, root, resolve(data, config.table), tsvRows(resolve(data, config.table), config.columns)),
  external: (root, config, data) => [root, resolve(data, config.table)],
};

/** `metadata.csv` beside a folder of sound: LJ Speech (`wavs`), kerstin (`audio`). */
export const ljspeechLayout: Layout = {
  read: (root, config) =>
    fromTable(config, soundFolder(root), join(root, 'metadata.csv'), metadataRows(join(root, 'metadata.csv'))),
};

export const noColumns: Columns = {
  id: '',
  path: '',
  speaker: '',
  split: '',
  start: '',
  end: '',
  duration: '',
  channel: '',
};
const mboshiColumns: Columns = { ...noColumns, id: 'utt_id', speaker: 'speaker', split: 'split' };

export const mboshiLayout: Layout = {
  read: (root, config) =>
    fromTable(
      config,
      soundFolder(root),
      join(root, 'utterances.tsv'),
      tsvRows(join(root, 'utterances.tsv'), mboshiColumns),
    ),
};

/** The folder beside a table that holds the sound. */
function soundFolder(root: string): string {
  const name = ['wavs', 'wav', 'audio', 'clips', 'flac', 'opus'].find((folder) => existsSync(join(root, folder)));
  return name === undefined ? root : join(root, name);
}

async function* fromTable(
  config: AudioConfig,
  root: string,
  table: string,
  rows: AsyncIterable<Row>,
): AsyncGenerator<Candidate> {
  const files = new NamedFiles(root);
  for await (const row of rows) {
    const id = safeId(stem(row.id));
    if (id === '') {
      yield { id: `line ${row.line}`, problem: `no id in line ${row.line} of ${basename(table)}` };
      continue;
    }
    const file = await files.of(row);
    const split = row.split === undefined ? splitOf(id, config.testShare) : splitNamed(row.split);
    if (row.split !== undefined && config.parts.length > 0 && !isWanted(row.split, config)) continue;
    if (typeof file === 'string') yield { id, problem: file };
    else if (file.problem !== undefined) yield { id, problem: file.problem };
    else if (split === undefined)
      yield { id, problem: `the split in line ${row.line} of ${basename(table)} is neither train nor test` };
    else if ([row.start, row.end, row.duration].some((cell) => cell !== undefined && !Number.isFinite(cell)))
      yield { id, problem: `start, end or duration in line ${row.line} of ${basename(table)} is no number of seconds` };
    else if (disagree(row))
      yield { id, problem: `line ${row.line} of ${basename(table)}: its duration is not the time from start to end` };
    else if (Number.isNaN(row.channel))
      yield { id, problem: `the channel in line ${row.line} of ${basename(table)} is neither A, B … nor a number` };
    else {
      yield {
        id,
        path: file.path,
        speaker: row.speaker ?? speakerOf(file, root, id, config),
        split,
        ...(row.start === undefined ? {} : { start: row.start }),
        ...endOf(row),
        ...(row.channel === undefined ? {} : { channel: row.channel, orOnly: true }),
      };
    }
  }
}

/** A part's length says where it ends; that of a row without times is its file's. */
function endOf({ start, end, duration }: Row): { end?: number; fileSeconds?: number } {
  if (end !== undefined) return { end };
  if (duration === undefined) return {};
  return start === undefined ? { fileSeconds: duration } : { end: start + duration };
}

/** Seconds by which times in tables are rounded. */
const rounding = 0.1;

const disagree = ({ start = 0, end, duration }: Row): boolean =>
  end !== undefined && duration !== undefined && Math.abs(end - start - duration) > rounding;

/** `id|text`, no header (LJ Speech): everything after the first bar is dropped unread. */
async function* metadataRows(table: string): AsyncGenerator<Row> {
  for await (const [line, text] of tableLines(table)) {
    const bar = text.indexOf('|');
    // Without a bar the line may be the text itself, which must not become an id.
    yield { line, id: bar < 0 ? '' : text.slice(0, bar).trim() };
  }
}

/** With a header: parted by tabs as Mboshi's utterances.tsv, a .csv file as its header is. */
export async function* tsvRows(table: string, columns: Columns): AsyncGenerator<Row> {
  let places: Record<keyof Columns, number> | undefined;
  let channelOf: ChannelReader | undefined;
  for await (const { line, cells } of tableRows(table)) {
    if (!places) {
      places = placeColumns(cells, table, columns);
      if (places.channel >= 0) channelOf = channelReader(await columnOf(table, places.channel));
      continue;
    }
    const cell = (at: number): string | undefined => (at < 0 || cells[at] === '' ? undefined : cells[at]?.trim());
    const number = (at: number): number | undefined => {
      const text = cell(at);
      return text === undefined ? undefined : Number(text);
    };
    const speaker = cell(places.speaker);
    const channel = cell(places.channel);
    yield {
      line,
      id: cell(places.id) ?? '',
      path: cell(places.path),
      speaker: speaker === undefined ? undefined : safeId(speaker),
      split: cell(places.split),
      start: number(places.start),
      end: number(places.end),
      duration: number(places.duration),
      channel: channelOf && channel !== undefined ? (channelOf(channel) ?? NaN) : undefined,
    };
  }
}

/** The different cells of a column, without its header. */
async function columnOf(table: string, at: number): Promise<Set<string>> {
  const found = new Set<string>();
  let header = true;
  for await (const { cells } of tableRows(table)) {
    const cell = cells[at]?.trim();
    if (!header && cell !== undefined && cell !== '') found.add(cell);
    header = false;
  }
  return found;
}

const standardColumns: Columns = {
  id: '',
  path: 'path',
  speaker: 'speaker',
  split: 'split',
  start: 'start',
  end: 'end',
  duration: 'duration',
  channel: 'channel',
};

function placeColumns(header: readonly string[], table: string, columns: Columns): Record<keyof Columns, number> {
  const names = header.map((name) => name.trim());
  const place = (column: keyof Columns): number => {
    const name = columns[column];
    const at = names.indexOf(name);
    // A name that nobody asked for may be absent; one that was asked for, or the id, may not.
    if (at < 0 && name !== '' && name !== standardColumns[column]) {
      throw new AsrError(
        'input',
        `${table}: no column "${name}" in its header`,
        `Columns there: ${names.join(', ')}. Set audio.columns.${column} to one of them.`,
      );
    }
    return at;
  };
  const places = {
    id: place('id'),
    path: place('path'),
    speaker: place('speaker'),
    split: place('split'),
    start: place('start'),
    end: place('end'),
    duration: place('duration'),
    channel: place('channel'),
  };
  if (places.id < 0)
    throw new AsrError('config', 'audio.columns.id is empty', 'Name the column that holds the recording ids.');
  return places;
}

async function* tableRows(table: string): AsyncGenerator<CsvRow> {
  if (/\.csv$/i.test(table)) yield* readCsv(table);
  else for await (const [line, text] of tableLines(table)) yield { line, cells: text.split('\t') };
}

/** Lines with their numbers; blank lines are passed over. */
async function* tableLines(table: string): AsyncGenerator<[number, string]> {
  let line = 0;
  for await (const text of readLines(table)) {
    line++;
    if (text.trim() !== '') yield [line, text];
  }
}
