// A folder in, which layout of a corpus it is, by its names: for `asr new`, and for people who ask why nothing was
// found. No file is opened, but for the first line of tables whose name several layouts have.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { LayoutName } from './config.js';
import { isRunFolder } from '../core/run-folder.js';
import { isSoundFile } from './ids.js';
import { splitNamed } from './layouts/candidate.js';
import { readOwnTable, type OwnTable } from './own-table.js';
import { tableHead } from './table-head.js';

export interface DetectedLayout {
  readonly layout: LayoutName;
  /** Below the folder that was looked at; '.' for itself. */
  readonly dir: string;
  /** What was seen that says so, for people. */
  readonly because: string;
  /** Somebody's own table, below the folder that was looked at, and what its columns are. */
  readonly table?: { readonly path: string; readonly columns: OwnTable['columns'] };
}

/** Folders looked into at each depth: corpora look the same everywhere, and some have thousands of folders. */
const mostFolders = 20;
const deepest = 5;
const mostTables = 8;

/** A name that was seen, with the folders above it inside the corpus. */
interface Seen {
  readonly above: readonly string[];
  readonly name: string;
  readonly isFolder: boolean;
}

/** The layout of a folder; undefined where no sound is in sight. */
export function detectLayout(folder: string): DetectedLayout | undefined {
  const seen = look(folder);
  for (const test of tests) {
    const found = test(seen, folder);
    if (found) return found;
  }
  const sound = seen.find(({ name, isFolder }) => !isFolder && isSoundFile(name));
  return (
    sound && { layout: 'folder', dir: '.', because: `sound files such as ${[...sound.above, sound.name].join('/')}` }
  );
}

type Test = (seen: readonly Seen[], folder: string) => DetectedLayout | undefined;

/** The corpus is the folder of the first name that fits. */
function byName(layout: LayoutName, fits: (entry: Seen) => boolean, up = 0): Test {
  return (seen) => {
    const found = seen.find(fits);
    if (!found) return undefined;
    const above = found.above.slice(0, Math.max(0, found.above.length - up));
    return { layout, dir: above.join('/') || '.', because: [...found.above, found.name].join('/') };
  };
}

const tests: readonly Test[] = [
  (seen) => {
    const found = seen.filter(({ name, isFolder }) => !isFolder && name === 'wav.scp');
    if (found.length === 0) return undefined;
    // data/train and data/test lie in data; one folder alone is the corpus itself.
    const [first] = found as [Seen];
    const named = splitNamed(first.above.at(-1) ?? '') !== undefined || found.length > 1;
    return {
      layout: 'kaldi',
      dir: first.above.slice(0, named ? -1 : undefined).join('/') || '.',
      because: found.map(({ above, name }) => [...above, name].join('/')).join(', '),
    };
  },
  byName('lhotse', ({ name, isFolder }) => !isFolder && name.includes('recordings') && /\.jsonl(\.gz)?$/.test(name)),
  // Somebody's own table may have that name, too.
  (seen, folder) =>
    byName(
      'mboshi',
      ({ above, name, isFolder }) =>
        !isFolder &&
        name === 'utterances.tsv' &&
        ['utt_id', 'speaker'].every((column) => columnsOf(join(folder, ...above, name), '\t').includes(column)),
    )(seen, folder),
  (seen, folder) =>
    byName(
      'commonvoice',
      ({ above, name, isFolder }) =>
        isFolder &&
        name === 'clips' &&
        seen.some((other) => other.name.endsWith('.tsv') && other.above.join('/') === above.join('/')),
    )(seen, folder),
  (seen, folder) => {
    const tables = seen.filter(
      ({ above, name, isFolder }) =>
        !isFolder &&
        (name === 'metadata.jsonl' ||
          (name === 'metadata.csv' && columnsOf(join(folder, ...above, name), ',').includes('file_name'))),
    );
    const [first] = tables;
    if (!first) return undefined;
    const bySplit = splitNamed(first.above.at(-1) ?? '') !== undefined || tables.length > 1;
    return {
      layout: 'audiofolder',
      dir: first.above.slice(0, bySplit ? -1 : undefined).join('/') || '.',
      because: [...first.above, first.name].join('/'),
    };
  },
  ownTable,
  byName('ljspeech', ({ name, isFolder }) => !isFolder && name === 'metadata.csv'),
  byName('librispeech', ({ name, isFolder }) => !isFolder && name.endsWith('.trans.txt'), 3),
  // mls_german/train/transcripts.txt lies beside train/audio.
  byName('mls', ({ name, isFolder }) => !isFolder && name === 'transcripts.txt', 1),
  byName(
    'timit',
    ({ above, name, isFolder }) => isFolder && /^dr[1-8]$/i.test(name) && /^(train|test)$/i.test(above.at(-1) ?? ''),
    1,
  ),
  byName(
    'voxforge',
    ({ name, above }) => /^prompts(-original)?$/i.test(name) && above.at(-1)?.toLowerCase() === 'etc',
    2,
  ),
];

/** A table whose cells name sound files that are there. */
function ownTable(seen: readonly Seen[], folder: string): DetectedLayout | undefined {
  const withSound = new Set(
    seen.filter(({ name, isFolder }) => !isFolder && isSoundFile(name)).map(({ above }) => above.join('/')),
  );
  const tables = seen.filter(({ name, isFolder }) => !isFolder && /\.(csv|tsv)$/i.test(name)).slice(0, mostTables);
  for (const { above, name } of tables) {
    const root = above.join('/');
    const below = [...withSound].filter((path) => path !== root && (root === '' || path.startsWith(`${root}/`)));
    const found = readOwnTable(
      join(folder, ...above, name),
      below.map((path) => (root === '' ? path : path.slice(root.length + 1))),
    );
    if (!found) continue;
    const dir = [...above, ...(found.dir === '' ? [] : [found.dir])].join('/') || '.';
    const path = [...above, name].join('/');
    return { layout: 'tsv', dir, because: `a table, ${path}`, table: { path, columns: found.columns } };
  }
  return undefined;
}

/** Names level by level, those of a level in order; unreadable folders are empty. */
function look(folder: string): Seen[] {
  const seen: Seen[] = [];
  let level: (readonly string[])[] = [[]];
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    const next: (readonly string[])[] = [];
    for (const above of level) {
      for (const name of namesIn(join(folder, ...above))) {
        const isFolder = !isSoundFile(name) && isDirectory(join(folder, ...above, name));
        if (isFolder && isRunFolder(join(folder, ...above, name))) continue;
        seen.push({ above, name, isFolder });
        if (isFolder && next.length < mostFolders) next.push([...above, name]);
      }
    }
    level = next;
  }
  return seen;
}

function namesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
    // Thousands of recordings say no more than the first of them.
    let sounds = 0;
    return names.filter((name) => !isSoundFile(name) || sounds++ < 3);
  } catch {
    return [];
  }
}

/** What the header of a table names its columns; none where it cannot be read. */
function columnsOf(table: string, separator: string): string[] {
  const [header = ''] = tableHead(table, 4096).text.split('\n', 1);
  return header === '' ? [] : header.split(separator).map((name) => name.trim().replaceAll('"', ''));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false; // a link to itself, or a folder that may not be looked at
  }
}
