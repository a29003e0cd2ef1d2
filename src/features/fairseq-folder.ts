// The folder that fairseq's wav2vec-U preparation leaves, as a store of frames: for each split NAME (train, valid, test
// …) NAME.npy (all frames), NAME.lengths (frames of each utterance, one a line) and NAME.tsv (root folder, then one
// file a line: the ids). Without NAME.tsv, utterances are taken in the order of the manifest.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { safeId } from '../audio/ids.js';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { NpyRows } from './npy-rows.js';
import type { FrameStore } from './frame-source.js';

interface Place {
  readonly split: number;
  readonly first: number;
  readonly rows: number;
}

/** Names of the splits in a folder, train first. */
export async function fairseqSplits(folder: string): Promise<string[]> {
  const names = (await readdir(folder))
    .filter((name) => name.endsWith('.lengths'))
    .map((name) => name.slice(0, -'.lengths'.length));
  return names.sort((a, b) => Number(b === 'train') - Number(a === 'train') || (a < b ? -1 : 1));
}

/** @throws AsrError 'input' with file and line when one is no whole number */
export async function readLengths(path: string): Promise<number[]> {
  const lengths: number[] = [];
  let line = 0;
  for await (const text of readLines(path)) {
    line++;
    if (text.trim() === '') continue;
    const length = Number(text);
    if (!Number.isInteger(length) || length < 0)
      throw new AsrError(
        'input',
        `${path}, line ${line}: "${text}" is no number of frames`,
        'Expected one whole number a line.',
      );
    lengths.push(length);
  }
  return lengths;
}

/** Ids of a manifest of fairseq: the first line is a folder, then `path TAB samples`. */
export async function readTsvIds(path: string): Promise<{ id: string; path: string; samples: number }[]> {
  const entries: { id: string; path: string; samples: number }[] = [];
  let line = 0;
  for await (const text of readLines(path)) {
    if (line++ === 0 || text.trim() === '') continue;
    const [file = '', samples = ''] = text.split('\t');
    entries.push({ id: file.replace(/\.[^./]+$/, ''), path: file, samples: Number(samples) });
  }
  return entries;
}

/**
 * What an utterance may be called: the path without ending, with `_` for `/`, or the file's name alone; each as it is
 * written and as the audio stage would write it.
 */
export function entryIds(path: string): Set<string> {
  const names = [path, path.replaceAll('/', '_'), basename(path)];
  return new Set([...names, ...names.map(safeId)]);
}

/**
 * @param ids of the utterances that want frames, in order
 * @throws AsrError 'input' when files contradict each other or the ids
 */
export async function openFairseqFolder(folder: string, ids: readonly string[]): Promise<FrameStore> {
  const names = await fairseqSplits(folder);
  const missing = names.find((name) => !existsSync(join(folder, `${name}.npy`)));
  if (names.length === 0 || missing !== undefined)
    throw new AsrError(
      'input',
      `${folder}: ${names.length === 0 ? 'train.lengths' : `${missing ?? ''}.npy`} is missing`,
      'Each split needs both NAME.npy and NAME.lengths.',
    );
  const files = await Promise.all(names.map((name) => NpyRows.open(join(folder, `${name}.npy`))));
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    const places = await placesOf(folder, names, files, ids);
    const dim = files[0]?.columns as number;
    return {
      dim,
      kind: 'fairseq',
      close,
      rowsOf: async (id) => places.get(id)?.rows,
      read: async (id) => {
        const { split, first, rows } = places.get(id) as Place;
        return (files[split] as NpyRows).read(first, first + rows);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function placesOf(
  folder: string,
  names: readonly string[],
  files: readonly NpyRows[],
  ids: readonly string[],
): Promise<Map<string, Place>> {
  const named = new Map<string, Place>();
  const ordered: Place[] = [];
  for (const [split, name] of names.entries()) {
    const file = files[split] as NpyRows;
    if (file.columns !== files[0]?.columns)
      throw new AsrError(
        'input',
        `${join(folder, name)}.npy: ${file.columns} dimensions, ${names[0]}.npy has ${files[0]?.columns ?? 0}`,
        'All splits must come from the same model and layer.',
      );
    const lengths = await readLengths(join(folder, `${name}.lengths`));
    const total = lengths.reduce((sum, rows) => sum + rows, 0);
    if (total !== file.rows)
      throw new AsrError(
        'input',
        `${join(folder, name)}: .lengths add up to ${total} frames, .npy holds ${file.rows}`,
        'The files belong to different preparations; make them again.',
      );
    const tsv = join(folder, `${name}.tsv`);
    const entries = existsSync(tsv) ? await readTsvIds(tsv) : undefined;
    if (entries && entries.length !== lengths.length)
      throw new AsrError(
        'input',
        `${tsv}: ${entries.length} files, ${name}.lengths has ${lengths.length} lines`,
        'The files belong to different preparations; make them again.',
      );
    let first = 0;
    lengths.forEach((rows, i) => {
      const place = { split, first, rows };
      first += rows;
      ordered.push(place);
      const entry = entries?.[i];
      // An utterance is known by its path without ending, or by its file's name where that is unique.
      if (entry) for (const id of entryIds(entry.id)) if (!named.has(id)) named.set(id, place);
    });
  }
  if (named.size > 0) return named;
  if (ordered.length !== ids.length) {
    throw new AsrError(
      'input',
      `${folder}: frames of ${ordered.length} utterances, but the vad stage has ` +
        `${ids.length}, and no NAME.tsv says which are which`,
      'Add the .tsv files of the preparation.',
    );
  }
  return new Map(ids.map((id, i) => [id, ordered[i] as Place]));
}
