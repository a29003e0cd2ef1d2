// Stage clusters: segment vectors in, one unit number per segment out. K-means is fitted on training utterances
// and assigned for all. Writes centroids.npy, clusters.json and units.jsonl.
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { JsonlWriter, readJsonl } from '../core/jsonl.js';
import { startProgress } from '../core/progress.js';
import { utteranceSchema } from '../core/records.js';
import { ShardReader } from '../core/shards.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { loadClusters, saveClusters } from './clusters.js';
import { clustersConfig, type ClustersConfig } from './config.js';

export const clustersStage = defineStage({
  name: 'clusters',
  version: 1,
  reads: ['segments', 'vad'],
  config: clustersConfig,
  run: async (io) => {
    const { segments: segmentsFolder, vad } = io.inputs;
    if (segmentsFolder === undefined || vad === undefined) throw new AsrError('internal', 'stage clusters: an input was not given');
    const vectors = await ShardReader.open(join(segmentsFolder, 'pooled'));
    try {
      const { inertia } = await fit(io, vectors, join(vad, 'utterances.jsonl'));
      return { ...await assignAll(io, vectors), inertia };
    } finally {
      await vectors.close();
    }
  },
});

type Io = StageIo<ClustersConfig>;

async function fit(io: Io, vectors: ShardReader, utterances: string): Promise<{ inertia: number }> {
  const train: string[] = [];
  for await (const { id, split } of readJsonl(utterances, utteranceSchema)) if (split === 'train' && vectors.has(id)) train.push(id);
  const columns = vectors.columns;
  if (train.length === 0 || columns === undefined) {
    throw new AsrError('input', 'stage clusters: no training utterance has segments', 'Check that the corpus has utterances of split "train" with speech in them.');
  }
  const { count, restarts, iterations, sampleRows } = io.config;
  const progress = startProgress(io.log, 'clustering', iterations, 'passes');
  const fitted = await fitKmeans(() => vectors.items(train), {
    columns, count, restarts, iterations, sampleRows, rng: io.rng.fork('kmeans'), compute: io.compute,
    onPass: (pass, inertia) => {
      io.signal?.throwIfAborted();
      progress.update(pass, `mean squared distance ${inertia.toPrecision(4)}`);
    },
  }).finally(() => { progress.finish(); });
  const { inertia, rows, passes } = fitted;
  io.log.info(`${count} units of ${rows} segments after ${passes} passes`);
  await saveClusters(io.out, { count, columns, inertia, rows }, fitted.centroids);
  return { inertia };
}

/** Assigns with the saved model, read back from disk: what a bundle will do with the same files. */
async function assignAll(io: Io, vectors: ShardReader): Promise<{ utterances: number; segments: number; units: number }> {
  const clusters = await loadClusters(io.out, io.compute);
  const writer = await JsonlWriter.create(join(io.out, 'units.jsonl'));
  let segments = 0;
  try {
    for await (const { id, data, rows } of vectors.items()) {
      io.signal?.throwIfAborted();
      const units = await clusters.assign(data, rows);
      await writer.write({ id, units: [...units] });
      segments += rows;
    }
  } finally {
    await writer.close();
    await clusters.dispose();
  }
  return { utterances: writer.count, segments, units: clusters.count };
}
