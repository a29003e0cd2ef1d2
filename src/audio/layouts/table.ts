// Layouts with a table of recordings: `id|text` (LJ Speech and its like), tab-separated with a header (Mboshi, a
// divided corpus), Common Voice. Only the columns named here are looked at.
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { AsrError } from '../../core/errors.js';
import { readLines } from '../../core/jsonl.js';
import type { AudioConfig } from '../config.js';
import { isSoundFile, safeId, soundEndings, splitOf, stem } from '../ids.js';
import { channelReader, type ChannelReader } from './channel-column.js';
import { isWanted, splitNamed, type Candidate, type Layout } from './candidate.js';
import { fileOf, indexFiles, type Row } from './file-index.js';
import { speakerOf } from './folder.js';

type Columns = AudioConfig['columns'];

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

const noColumns: Columns = { id: '', path: '', speaker: '', split: '', start: '', end: '', channel: '' };
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

const commonVoiceColumns: Columns = { ...noColumns, id: 'path', path: 'path', speaker: 'client_id' };

/** Common Voice: `train.tsv`, `dev.tsv`, `test.tsv` beside `clips/`; `validated.tsv` where none of them is there. */
export const commonVoiceLayout: Layout = {
  async *read(root, config) {
    const tables = commonVoiceTables(root, config);
    const clips = join(root, 'clips');
    for (const name of tables) {
      for await (const row of tsvRows(join(root, `${name}.tsv`), commonVoiceColumns)) {
        const id = safeId(stem(row.id));
        if (row.path === undefined)
          yield { id: `${name}.tsv, line ${row.line}`, problem: `no path in line ${row.line} of ${name}.tsv` };
        // Sixteen of the 128 digits tell people apart, and manifests stay readable.
        else
          yield {
            id,
            path: clipOf(join(clips, row.path)),
            speaker: (row.speaker ?? id).slice(0, 16),
            split: splitNamed(name) ?? splitOf(id, config.testShare),
          };
      }
    }
  },
  external: (root, config) => [
    join(root, 'clips'),
    ...commonVoiceTables(root, config).map((name) => join(root, `${name}.tsv`)),
  ],
};

/** Some editions name their clips without an ending. */
function clipOf(path: string): string {
  if (isSoundFile(basename(path)) || existsSync(path)) return path;
  return [...soundEndings].map((ending) => path + ending).find((file) => existsSync(file)) ?? `${path}.mp3`;
}

/** @throws AsrError 'input' when the folder holds none of the tables that are wanted */
export function commonVoiceTables(root: string, config: Pick<AudioConfig, 'parts'>): string[] {
  const usual = ['train', 'dev', 'test'];
  const wanted =
    config.parts.length > 0
      ? config.parts
      : usual.some((name) => existsSync(join(root, `${name}.tsv`)))
        ? usual
        : ['validated'];
  const there = wanted.filter((name) => existsSync(join(root, `${name}.tsv`)));
  if (there.length > 0) return there;
  throw new AsrError(
    'input',
    `${root}: no table ${wanted.map((name) => `${name}.tsv`).join(', ')}`,
    'Give the folder of one language of Common Voice, which holds clips/ and the tables.',
  );
}

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
  const files = await indexFiles(root);
  for await (const row of rows) {
    const id = safeId(stem(row.id));
    if (id === '') {
      yield { id: `line ${row.line}`, problem: `no id in line ${row.line} of ${basename(table)}` };
      continue;
    }
    const file = fileOf(row, root, files);
    const split = row.split === undefined ? splitOf(id, config.testShare) : splitNamed(row.split);
    if (row.split !== undefined && config.parts.length > 0 && !isWanted(row.split, config)) continue;
    if (typeof file === 'string') yield { id, problem: file };
    else if (file.problem !== undefined) yield { id, problem: file.problem };
    else if (split === undefined)
      yield { id, problem: `the split in line ${row.line} of ${basename(table)} is neither train nor test` };
    else if (Number.isNaN(row.start) || Number.isNaN(row.end))
      yield { id, problem: `start or end in line ${row.line} of ${basename(table)} is no number of seconds` };
    else if (Number.isNaN(row.channel))
      yield { id, problem: `the channel in line ${row.line} of ${basename(table)} is neither A, B … nor a number` };
    else {
      yield {
        id,
        path: file.path,
        speaker: row.speaker ?? speakerOf(file, root, id, config),
        split,
        ...(row.start === undefined ? {} : { start: row.start }),
        ...(row.end === undefined ? {} : { end: row.end }),
        ...(row.channel === undefined ? {} : { channel: row.channel, orOnly: true }),
      };
    }
  }
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
async function* tsvRows(table: string, columns: Columns): AsyncGenerator<Row> {
  let places: Record<keyof Columns, number> | undefined;
  let channelOf: ChannelReader | undefined;
  for await (const [line, text] of tableLines(table)) {
    const cells = text.split('\t');
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
      channel: channelOf && channel !== undefined ? (channelOf(channel) ?? NaN) : undefined,
    };
  }
}

/** The different cells of a column, without its header. */
async function columnOf(table: string, at: number): Promise<Set<string>> {
  const found = new Set<string>();
  let header = true;
  for await (const [, text] of tableLines(table)) {
    const cell = text.split('\t')[at]?.trim();
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
    channel: place('channel'),
  };
  if (places.id < 0)
    throw new AsrError('config', 'audio.columns.id is empty', 'Name the column that holds the recording ids.');
  return places;
}

/** Lines with their numbers; blank lines are passed over. */
async function* tableLines(table: string): AsyncGenerator<[number, string]> {
  let line = 0;
  for await (const text of readLines(table)) {
    line++;
    if (text.trim() !== '') yield [line, text];
  }
}
