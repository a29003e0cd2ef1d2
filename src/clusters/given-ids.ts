// Cluster ids of frames that another program made (CLUS128/train.src of fairseq's wav2vec-U preparation, or train.km of
// HuBERT's), as units of our segments: the id that most of a segment's frames have. Centroids are the means of the
// segment vectors, so that new segments can be named too.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { readLines } from '../core/jsonl.js';
import { entryIds, readTsvIds } from '../features/fairseq-folder.js';

/** Encoders pad in different ways: a frame more or less at the end is no mistake. */
const tolerance = 2;

export interface GivenIds {
  readonly count: number;
  /** One id a frame; undefined where the folder has none for this utterance. */
  of(utterance: string): Int32Array | undefined;
}

/**
 * @param folder with NAME.src or NAME.km, one utterance a line, and NAME.tsv there or in the folder above
 * @throws AsrError 'input' when there are none, an id is no whole number, or lines and files do not pair up
 */
export async function readGivenIds(folder: string): Promise<GivenIds> {
  if (!existsSync(folder))
    throw new AsrError(
      'input',
      `${folder}: no such folder`,
      'Check clusters.folder; it is relative to the data folder.',
    );
  const files = (await readdir(folder)).filter((name) => /\.(src|km)$/.test(name)).sort();
  if (files.length === 0)
    throw new AsrError(
      'input',
      `${folder}: neither NAME.src nor NAME.km is there`,
      'clusters.folder names what wav2vec_apply_cluster_faiss.py wrote, for instance CLUS128.',
    );
  const byId = new Map<string, Int32Array>();
  let count = 0;
  for (const file of files) {
    const path = join(folder, file);
    const tsv = [folder, dirname(folder)]
      .map((place) => join(place, file.replace(/\.\w+$/, '.tsv')))
      .find((candidate) => existsSync(candidate));
    if (tsv === undefined)
      throw new AsrError(
        'input',
        `${path}: no .tsv of the same name beside it or one folder up`,
        'Copy the .tsv of the preparation: it says which line belongs to which file.',
      );
    const entries = await readTsvIds(tsv);
    let line = 0;
    for await (const text of readLines(path)) {
      const entry = entries[line++];
      if (!entry) break;
      const words = text.trim() === '' ? [] : text.trim().split(/\s+/);
      const ids = Int32Array.from(words, Number);
      if (!ids.every((id, i) => id >= 0 && String(id) === words[i]))
        throw new AsrError(
          'input',
          `${path}, line ${line}: expected whole numbers separated by spaces`,
          'One cluster id a frame, one utterance a line.',
        );
      count = ids.reduce((most, id) => Math.max(most, id + 1), count);
      for (const id of entryIds(entry.id)) if (!byId.has(id)) byId.set(id, ids);
    }
    if (line !== entries.length)
      throw new AsrError(
        'input',
        `${path}: ${line}${line > entries.length ? ' or more' : ''} lines, ${tsv} names ${entries.length} files`,
        'The files belong to different preparations; make them again.',
      );
  }
  return { count, of: (utterance) => byId.get(utterance) };
}

/**
 * The most frequent id of each segment; of equally frequent ones the first.
 * @param ends first frame after each segment
 * @returns why not, where the frames are not the same
 */
export function segmentUnits(ids: Int32Array, ends: readonly number[]): Int32Array | string {
  const frames = ends.at(-1) ?? 0;
  if (Math.abs(frames - ids.length) > tolerance)
    return `${ids.length} cluster ids, but ${frames} frames: made of other sound or with another hop`;
  let start = 0;
  return Int32Array.from(ends, (end) => {
    const counts = new Map<number, number>();
    // A segment that lies behind the last id has that one.
    const from = Math.min(start, ids.length - 1);
    const to = Math.max(Math.min(end, ids.length), from + 1);
    for (let t = from; t < to; t++) counts.set(ids[t]!, (counts.get(ids[t]!) ?? 0) + 1);
    start = end;
    return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
  });
}
