// A finished features folder in, the folder that fairseq's wav2vec-U training reads out: for each split NAME.npy with
// all frames as float32, NAME.lengths, and NAME.tsv with the ids as file names. Streamed: memory holds one utterance.
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpyHeader, encodeValues } from '../core/npy.js';
import { type Split } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { readUtterances } from '../vad/folder.js';

interface SplitFiles {
  readonly npy: FileHandle;
  readonly lengths: FileHandle;
  readonly tsv: FileHandle;
  rows: number;
  utterances: number;
}

/**
 * @param features folder of a finished features stage
 * @param vad folder of the vad stage: which utterance belongs to which split
 * @returns utterances by split
 */
export async function exportFairseq(
  features: string,
  vad: string,
  out: string,
): Promise<Partial<Record<Split, number>>> {
  await mkdir(out, { recursive: true });
  const reader = await ShardReader.open(join(features, 'frames'));
  const columns = reader.columns ?? 0;
  const splits = new Map<Split, SplitFiles>();
  try {
    for await (const { id, split, samples } of readUtterances(vad)) {
      if (!reader.has(id)) continue;
      const files = splits.get(split) ?? (await openSplit(out, split, columns));
      splits.set(split, files);
      const { data, rows } = await reader.read(id);
      await files.npy.writeFile(encodeValues('float32', data));
      await files.lengths.writeFile(`${rows}\n`);
      await files.tsv.writeFile(`${id}.wav\t${samples}\n`);
      files.rows += rows;
      files.utterances++;
    }
    for (const { npy, rows } of splits.values()) {
      const header = encodeNpyHeader('float32', [rows, columns]);
      await npy.write(header, 0, header.length, 0);
    }
  } finally {
    for (const { npy, lengths, tsv } of splits.values()) for (const file of [npy, lengths, tsv]) await file.close();
    await reader.close();
  }
  return Object.fromEntries([...splits].map(([split, { utterances }]) => [split, utterances]));
}

async function openSplit(out: string, split: Split, columns: number): Promise<SplitFiles> {
  const [npy, lengths, tsv] = (await Promise.all(
    ['npy', 'lengths', 'tsv'].map((ending) => open(join(out, `${split}.${ending}`), 'w')),
  )) as [FileHandle, FileHandle, FileHandle];
  // of a fixed size: written again when the rows are known
  await npy.writeFile(encodeNpyHeader('float32', [0, columns]));
  await tsv.writeFile('/\n');
  return { npy, lengths, tsv, rows: 0, utterances: 0 };
}
