// Clips in, a parquet file a split out, as Hugging Face `datasets` reads it: sound inside the file, the features named
// in its metadata, so that load_dataset(FOLDER) gives audio and not bytes. Written in groups, in bounded memory.
import type { SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { wavFile } from '../core/wav-header.js';
import { sampleRate } from '../core/time.js';
import { secondsOf, transcriptOf, type Clip, type Timed } from './clips.js';

const rowsInGroup = 100;

const text = (name: string): SchemaElement => ({
  ...{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
});
const number = (name: string): SchemaElement => ({ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' });
const listOf = (name: string, element: SchemaElement): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  element,
];
const timedColumns = (name: string): SchemaElement[] => [
  ...listOf(name, text('element')),
  ...listOf(`${name}_start`, number('element')),
  ...listOf(`${name}_end`, number('element')),
];

const columns: readonly SchemaElement[][] = [
  [text('id')],
  [
    { name: 'audio', repetition_type: 'OPTIONAL', num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
    text('path'),
  ],
  ...['transcription', 'speaker', 'recording', 'source'].map((name) => [text(name)]),
  ...['offset', 'duration'].map((name) => [number(name)]),
  ...['phones', 'words'].flatMap((name) =>
    [name, `${name}_start`, `${name}_end`].map((column, i) =>
      timedColumns(name)
        .slice(3 * i, 3 * i + 3)
        .map((one, at) => (at === 0 ? { ...one, name: column } : one)),
    ),
  ),
];
const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flat()];

/** As `datasets` writes it: what each column is. */
const features = {
  ...{ id: value('string'), audio: { sampling_rate: sampleRate, _type: 'Audio' }, transcription: value('string') },
  ...{ speaker: value('string'), recording: value('string'), source: value('string') },
  ...{ offset: value('float64'), duration: value('float64') },
  ...Object.fromEntries(
    ['phones', 'words'].flatMap((name) => [
      [name, { feature: value('string'), _type: 'Sequence' }],
      [`${name}_start`, { feature: value('float64'), _type: 'Sequence' }],
      [`${name}_end`, { feature: value('float64'), _type: 'Sequence' }],
    ]),
  ),
};

function value(dtype: string): { dtype: string; _type: string } {
  return { dtype, _type: 'Value' };
}

export class ParquetClips {
  readonly #writer: ParquetWriter;
  #rows: Record<string, unknown>[] = [];

  /** @param about goes into the file's metadata as `asr` */
  constructor(path: string, about: object) {
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema,
      createdBy: 'asr',
      kvMetadata: [
        { key: 'huggingface', value: JSON.stringify({ info: { features } }) },
        { key: 'asr', value: JSON.stringify(about) },
      ],
    });
  }

  async add(clip: Clip): Promise<void> {
    const timed = (name: string, all: readonly Timed[]): Record<string, unknown> => ({
      [name]: all.map((one) => one.text),
      [`${name}_start`]: all.map(({ start }) => start),
      [`${name}_end`]: all.map(({ end }) => end),
    });
    const { id, speaker, recording, source, offset } = clip;
    this.#rows.push({
      ...{
        id,
        audio: { bytes: wavFile(clip.samples, sampleRate), path: `${id}.wav` },
        transcription: transcriptOf(clip),
      },
      ...{ speaker, recording, source, offset, duration: secondsOf(clip) },
      ...timed('phones', clip.phones),
      ...timed('words', clip.words ?? []),
    });
    if (this.#rows.length === rowsInGroup) await this.#write();
  }

  async #write(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    const names = columns.map(([first]) => first!.name);
    // Sound does not repeat: no dictionary of it, no statistics.
    await this.#writer.write({
      columnData: names.map((name) => ({
        ...{ name, data: rows.map((row) => row[name]), statistics: name !== 'audio' },
        ...(name === 'audio' ? { encoding: 'PLAIN' as const } : {}),
      })),
      rowGroupSize: rowsInGroup,
    });
  }

  async close(): Promise<void> {
    if (this.#rows.length > 0) await this.#write();
    await this.#writer.finish();
  }
}
