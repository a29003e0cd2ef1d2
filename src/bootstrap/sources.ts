// The two kinds of labelled speech: synthetic, from its shards, and real, with labels that the models gave it.
import { join } from 'node:path';
import { ShardReader, type ShardItem } from '../core/shards.js';
import type { LabelledSource } from './crops.js';
import { speechFolders } from './synthesise.js';

/** @param folder as `synthesiseSpeech` left it */
export async function openSpeech(
  folder: string,
  hopSeconds: number,
): Promise<LabelledSource & { close(): Promise<void> }> {
  const frames = await ShardReader.open(join(folder, speechFolders.frames));
  const labels = await ShardReader.open(join(folder, speechFolders.labels));
  return {
    ids: frames.ids,
    bands: frames.columns ?? 1,
    hopSeconds,
    rows: frames.ids.reduce((sum, id) => sum + frames.rowsOf(id), 0),
    read: async (id) => {
      const { data, rows } = await frames.read(id);
      return { data, rows, labels: await labels.readInt16(id) };
    },
    close: async () => {
      await frames.close();
      await labels.close();
    },
  };
}

/** @param rowLabels by id, one label every 20 ms; utterances without are left out */
export function labelledFramesSource(
  frames: { readonly columns: number | undefined; read(id: string): Promise<ShardItem>; rowsOf(id: string): number },
  rowLabels: ReadonlyMap<string, Int16Array>,
  hopSeconds: number,
): LabelledSource {
  const ids = [...rowLabels.keys()];
  return {
    ids,
    bands: frames.columns ?? 1,
    hopSeconds,
    rows: ids.reduce((sum, id) => sum + frames.rowsOf(id), 0),
    read: async (id) => {
      const { data, rows } = await frames.read(id);
      const own = rowLabels.get(id)!;
      return { data, rows, labels: Int16Array.from({ length: rows }, (_, t) => own[t >> 1]!) };
    },
  };
}
