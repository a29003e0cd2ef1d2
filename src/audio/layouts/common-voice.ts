// Common Voice: `train.tsv`, `dev.tsv`, `test.tsv` beside `clips/`, and the length of each clip where the
// edition says it.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AsrError } from '../../core/errors.js';
import { readLines } from '../../core/jsonl.js';
import type { AudioConfig } from '../config.js';
import { isSoundFile, safeId, soundEndings, splitOf, stem } from '../ids.js';
import { splitNamed, type Layout } from './candidate.js';
import { noColumns, tsvRows, type Columns } from './table.js';

/** `clip` and `duration[ms]`, since edition 14. */
const lengthTable = 'clip_durations.tsv';
const commonVoiceColumns: Columns = { ...noColumns, id: 'path', path: 'path', speaker: 'client_id' };

/** Common Voice: `train.tsv`, `dev.tsv`, `test.tsv` beside `clips/`; `validated.tsv` where none of them is there. */
export const commonVoiceLayout: Layout = {
  async *read(root, config) {
    const tables = commonVoiceTables(root, config);
    const clips = join(root, 'clips');
    const lengths = await clipSeconds(join(root, lengthTable));
    for (const name of tables) {
      for await (const row of tsvRows(join(root, `${name}.tsv`), commonVoiceColumns)) {
        const id = safeId(stem(row.id));
        if (row.path === undefined)
          yield { id: `${name}.tsv, line ${row.line}`, problem: `no path in line ${row.line} of ${name}.tsv` };
        // Sixteen of the 128 digits tell people apart, and manifests stay readable.
        else {
          const seconds = lengths.get(stem(row.path));
          yield {
            id,
            path: clipOf(join(clips, row.path)),
            speaker: (row.speaker ?? id).slice(0, 16),
            split: splitNamed(name) ?? splitOf(id, config.testShare),
            ...(seconds === undefined ? {} : { fileSeconds: seconds }),
          };
        }
      }
    }
  },
  external: (root, config) => [
    join(root, 'clips'),
    ...[...commonVoiceTables(root, config).map((name) => `${name}.tsv`), lengthTable]
      .map((name) => join(root, name))
      .filter((path) => existsSync(path)),
  ],
};

/** Some editions name their clips without an ending. */
function clipOf(path: string): string {
  if (isSoundFile(basename(path)) || existsSync(path)) return path;
  return [...soundEndings].map((ending) => path + ending).find((file) => existsSync(file)) ?? `${path}.mp3`;
}

/** @throws AsrError 'input' when the folder holds none of the tables that are wanted */
function commonVoiceTables(root: string, config: Pick<AudioConfig, 'parts'>): string[] {
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

/** Seconds by the clip's name without ending; empty where the edition has no such table. */
async function clipSeconds(path: string): Promise<Map<string, number>> {
  const lengths = new Map<string, number>();
  if (!existsSync(path)) return lengths;
  for await (const line of readLines(path)) {
    const [clip = '', length] = line.split('\t');
    if (Number(length) > 0) lengths.set(stem(clip.trim()), Number(length) / 1000);
  }
  return lengths;
}
