// The kinds of labelled speech: of the sources, from their shards, and real, with labels that the models gave it.
import { join } from 'node:path';
import { ShardReader, type ShardItem } from '../core/shards.js';
import type { LabelledSource } from './crops.js';
import { strideOf, type NetworkShape } from './network.js';
import { cropsByShare } from './speech-sources.js';
import { speechFolders } from './speech-writer.js';
import type { TrainingPart } from './train.js';

export interface SourceSpeech extends LabelledSource {
  rowsOf(id: string): number;
  /** Without the labels. */
  readFrames(id: string): Promise<ShardItem>;
  close(): Promise<void>;
}

/** @param folder as SpeechWriter left it */
export async function openSpeech(
  folder: string,
  hopSeconds: number,
  form: Pick<NetworkShape, 'stride' | 'input'> = {},
): Promise<SourceSpeech> {
  const frames = await ShardReader.open(join(folder, speechFolders.frames));
  const labels = await ShardReader.open(join(folder, speechFolders.labels));
  return {
    ids: frames.ids,
    bands: frames.columns ?? 1,
    hopSeconds,
    ...form,
    rows: frames.ids.reduce((sum, id) => sum + frames.rowsOf(id), 0),
    rowsOf: (id) => frames.rowsOf(id),
    readFrames: (id) => frames.read(id),
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

/** @param rowLabels by id, one label a row of the network; utterances without are left out */
export function labelledFramesSource(
  frames: { readonly columns: number | undefined; read(id: string): Promise<ShardItem>; rowsOf(id: string): number },
  rowLabels: ReadonlyMap<string, Int16Array>,
  hopSeconds: number,
  form: Pick<NetworkShape, 'stride' | 'input'> = {},
): LabelledSource {
  const stride = strideOf(form);
  const ids = [...rowLabels.keys()];
  return {
    ids,
    bands: frames.columns ?? 1,
    hopSeconds,
    ...form,
    rows: ids.reduce((sum, id) => sum + frames.rowsOf(id), 0),
    read: async (id) => {
      const { data, rows } = await frames.read(id);
      const own = rowLabels.get(id)!;
      return { data, rows, labels: Int16Array.from({ length: rows }, (_, t) => own[Math.floor(t / stride)]!) };
    },
  };
}

/** A source and its share of all of them. */
export interface SharedSource {
  readonly source: LabelledSource;
  readonly share: number;
}

/** So many crops of a batch divided among the sources; one without a crop is left out. */
export function partsOf(
  sources: readonly SharedSource[],
  crops: number,
  augment: TrainingPart['augment'],
): TrainingPart[] {
  const counts = cropsByShare(
    crops,
    sources.map(({ share }) => share),
  );
  return sources.map(({ source }, i) => ({ source, crops: counts[i]!, augment })).filter((part) => part.crops > 0);
}
