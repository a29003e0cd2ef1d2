// What tables say of speakers beside what they said: sex, age, dialect, device. A table in, by recording and by speaker
// out. Read by `score` alone: no stage before it knows who belongs to which group.
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { z } from 'zod';
import { safeId, stem } from '../audio/ids.js';
import { readCsv } from '../core/csv.js';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/lines.js';

/** Names of columns in the headers of published corpora, by attribute. */
const attributeColumns: Readonly<Record<string, readonly string[]>> = {
  sex: ['sex', 'gender'],
  age: ['age', 'age_group'],
  dialect: ['dialect', 'accent', 'accents', 'variant', 'region'],
  device: ['device', 'microphone', 'mic'],
};
const idColumns = ['id', 'utt_id', 'utt', 'recording', 'path', 'file', 'file_name', 'filename'];
const speakerColumns = ['speaker', 'speaker_id', 'client_id', 'spk'];

export type Attributes = Readonly<Record<string, string>>;

export class Metadata {
  readonly #recordings = new Map<string, Attributes>();
  readonly #speakers = new Map<string, Attributes>();
  readonly #speakerOf = new Map<string, string>();

  /**
   * @throws AsrError 'input' where no column is an id or a speaker, or none an attribute
   */
  static async read(path: string): Promise<Metadata> {
    const metadata = new Metadata();
    await metadata.#add(path, true);
    return metadata;
  }

  /** The manifest that the audio stage was given, where its layout has columns of people. */
  static async ofCorpus(config: unknown, data: string): Promise<Metadata | undefined> {
    const parsed = z.object({ layout: z.string(), dir: z.string(), table: z.string() }).safeParse(config);
    if (!parsed.success) return undefined;
    const { layout, dir, table } = parsed.data;
    const root = resolve(data, dir);
    const paths =
      layout === 'tsv'
        ? [resolve(data, table)]
        : layout === 'mboshi'
          ? [join(root, 'utterances.tsv')]
          : layout === 'commonvoice'
            ? ['train', 'dev', 'test', 'validated', 'other'].map((name) => join(root, `${name}.tsv`))
            : [];
    const metadata = new Metadata();
    for (const path of paths) if (existsSync(path)) await metadata.#add(path, false);
    return metadata.#recordings.size + metadata.#speakers.size > 0 ? metadata : undefined;
  }

  /** Of a recording, else of its speaker. */
  of(recording: string, speaker: string): Attributes {
    return this.#recordings.get(recording) ?? this.#speakers.get(speaker) ?? {};
  }

  /** Who speaks in a recording by the table; undefined where it does not say. */
  speakerOf(recording: string): string | undefined {
    return this.#speakerOf.get(recording);
  }

  async #add(path: string, strict: boolean): Promise<void> {
    let columns: { id: number; isFile: boolean; speaker: number; attributes: [string, number][] } | undefined;
    for await (const cells of rowsOf(path)) {
      if (!columns) {
        columns = columnsIn(cells);
        if (columns.attributes.length > 0 && (columns.id >= 0 || columns.speaker >= 0)) continue;
        if (!strict) return;
        throw new AsrError(
          'input',
          `${path}: a header without ` +
            (columns.attributes.length === 0 ? 'sex, age, dialect or device' : 'id or speaker'),
          `Columns may be called ${Object.values(attributeColumns).flat().join(', ')}; ${idColumns.join(', ')}; ` +
            `${speakerColumns.join(', ')}.`,
        );
      }
      const cell = (at: number): string => cells[at]?.normalize('NFC').trim() ?? '';
      const attributes = Object.fromEntries(
        columns.attributes
          .map(([name, at]) => [name, groupOf(name, cell(at))] as const)
          .filter(([, value]) => value !== ''),
      );
      const id = safeId(columns.isFile ? stem(basename(cell(columns.id))) : cell(columns.id));
      const speaker = safeId(cell(columns.speaker));
      if (id !== '') this.#recordings.set(id, attributes);
      if (id !== '' && speaker !== '') this.#speakerOf.set(id, speaker);
      if (id === '' && speaker !== '') this.#speakers.set(speaker, attributes);
    }
  }
}

async function* rowsOf(path: string): AsyncGenerator<readonly string[]> {
  if (extname(path).toLowerCase() === '.csv') for await (const { cells } of readCsv(path)) yield cells;
  else for await (const line of readLines(path)) if (line.trim() !== '') yield line.split('\t');
}

function columnsIn(header: readonly string[]): {
  id: number;
  isFile: boolean;
  speaker: number;
  attributes: [string, number][];
} {
  const names = header.map((name) => name.trim().toLowerCase());
  const first = (wanted: readonly string[]): string => wanted.find((name) => names.includes(name)) ?? '';
  const id = first(idColumns);
  return {
    id: names.indexOf(id),
    isFile: idColumns.indexOf(id) >= idColumns.indexOf('path'),
    speaker: names.indexOf(first(speakerColumns)),
    attributes: Object.entries(attributeColumns)
      .map(([attribute, columns]): [string, number] => [attribute, names.indexOf(first(columns))])
      .filter(([, at]) => at >= 0),
  };
}

/** Years become decades: nearly every age would be a group of one. */
function groupOf(attribute: string, value: string): string {
  if (attribute !== 'age' || !/^\d{1,3}$/.test(value)) return value;
  const decade = 10 * Math.floor(Number(value) / 10);
  return `${decade} to ${decade + 9}`;
}
