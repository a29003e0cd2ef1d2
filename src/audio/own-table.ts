// Tables of somebody's own in, what their columns are out: names of sound files by what lies in the folder, speakers,
// splits and times by what the header calls them or the cells say. For detect.ts; the head of each table is read.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { csvCells, separatorOf } from '../core/csv.js';
import type { AudioConfig } from './config.js';
import { isSoundFile, stem } from './ids.js';
import { splitNamed } from './layouts/candidate.js';
import { tableHead } from './table-head.js';

export interface OwnTable {
  /** Where the names of its sound files start, below the folder of the table; '' for that folder itself. */
  readonly dir: string;
  readonly columns: Partial<AudioConfig['columns']>;
}

const headBytes = 65_536;
const mostRows = 50;
/** Of the rows looked at; some recordings of a corpus are always missing. */
const leastFound = 0.5;

/** Names of columns, without case, blanks and dashes, in the languages of those who make such tables. */
const names = {
  id: words('id uttid utteranceid utt recordingid recording segmentid key'),
  speaker: words(
    'speaker speakerid speakername spk spkid clientid reader consultant participant informant informante',
    'sprecher sprecherin sprecherid locuteur locutrice hablante locutor locutora falante parlante говорящий диктор',
  ),
  start: words('start starttime startseconds begin onset xmin beginn anfang von debut début inicio início'),
  end: words('end endtime endseconds offset xmax ende bis fin fim'),
  duration: words('duration seconds length dauer durée duree duracion duración duração durata'),
  channel: words('channel chan kanal canal canale'),
} as const;

function words(...lists: string[]): ReadonlySet<string> {
  return new Set(lists.flatMap((list) => list.split(' ')));
}

const plain = (name: string): string => name.toLowerCase().replace(/[\s_.-]+/g, '');

/**
 * @param path a .csv or .tsv file
 * @param folders where sound was seen, below the folder of the table
 * @returns undefined where no column names sound files that are there
 */
export function readOwnTable(path: string, folders: readonly string[]): OwnTable | undefined {
  const rows = headOf(path);
  const [header, ...cells] = rows;
  if (header === undefined || cells.length === 0) return undefined;
  const column = (at: number): string[] => cells.map((row) => row[at]?.trim() ?? '').filter((cell) => cell !== '');
  for (const dir of ['', ...folders]) {
    const known = new NamesIn(join(dirname(path), dir));
    const at = header.findIndex((name, at) => name !== '' && known.holds(column(at)));
    if (at >= 0) return { dir, columns: columnsOf(header, column, at) };
  }
  return undefined;
}

function columnsOf(
  header: readonly string[],
  column: (at: number) => string[],
  file: number,
): Partial<AudioConfig['columns']> {
  const named = (any: ReadonlySet<string>): string | undefined =>
    header.find((name, at) => at !== file && any.has(plain(name)));
  const numeric = (any: ReadonlySet<string>): string | undefined => {
    const name = named(any);
    return name !== undefined && column(header.indexOf(name)).every((cell) => Number.isFinite(Number(cell)))
      ? name
      : undefined;
  };
  const withEndings = column(file).some(isSoundFile);
  const own = header[file]!;
  const start = numeric(names.start);
  const split = header.find((_, at) => at !== file && isSplit(column(at)));
  const id = withEndings ? named(names.id) : undefined;
  const unique = id !== undefined && isUnique(column(header.indexOf(id)));
  return {
    id: unique ? id : own,
    ...(withEndings ? { path: own } : {}),
    ...given('speaker', named(names.speaker)),
    ...given('split', split),
    ...given('start', start),
    // An end or a length alone would be of something else.
    ...(start === undefined ? {} : given('end', numeric(names.end))),
    ...given('duration', numeric(names.duration)),
    ...given('channel', named(names.channel)),
  };
}

const given = <K extends string>(key: K, name: string | undefined): { [_ in K]?: string } =>
  name === undefined ? {} : ({ [key]: name } as { [_ in K]?: string });

const isUnique = (cells: readonly string[]): boolean => new Set(cells).size === cells.length;

const isSplit = (cells: readonly string[]): boolean =>
  cells.length > 0 && cells.every((cell) => /^[a-z][\w-]*$/i.test(cell) && splitNamed(cell) !== undefined);

/** Which names are sound files below a folder; each folder is listed once. */
class NamesIn {
  readonly #listed = new Map<string, ReadonlySet<string>>();

  constructor(readonly root: string) {}

  holds(cells: readonly string[]): boolean {
    return cells.length > 0 && cells.filter((cell) => this.#has(cell)).length >= leastFound * cells.length;
  }

  #has(cell: string): boolean {
    const parts = cell.replaceAll('\\', '/').replace(/^\.\//, '').normalize('NFC').split('/');
    const name = parts.pop() ?? '';
    return this.#sounds(parts.join('/')).has(name);
  }

  #sounds(folder: string): ReadonlySet<string> {
    let names = this.#listed.get(folder);
    if (!names) {
      const sounds = list(join(this.root, folder)).filter(isSoundFile);
      // Names without ending are found in the folder itself alone, as the layout does.
      names = new Set([...sounds, ...(folder === '' ? sounds.map(stem) : [])].map((name) => name.normalize('NFC')));
      this.#listed.set(folder, names);
    }
    return names;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The first rows; the last that was read may be cut off, and is left out. */
function headOf(path: string): string[][] {
  const { text, cut } = tableHead(path, headBytes);
  const lines = text.split(/\r?\n/);
  if (cut) lines.pop();
  const rows = lines.filter((line) => line.trim() !== '').slice(0, mostRows + 1);
  const separator = /\.tsv$/i.test(path) ? '\t' : separatorOf(rows[0] ?? '');
  return rows.map((row) =>
    (separator === '\t' ? row.split('\t') : csvCells(row, separator)).map((cell) => cell.trim()),
  );
}
