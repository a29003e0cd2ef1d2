// Auxiliary labels for the generator of wav2vec-U 2.0: the nearest of K centroids for every frame. Centroids are found
// once for all runs, from the training utterances, and kept beside the checkpoints.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadClusters, saveClusters } from '../clusters/clusters.js';
import { AsrError } from '../core/errors.js';
import { writeWhole } from '../core/whole-folder.js';
import type { BlockSource } from '../numeric/blocks.js';
import { sampleToFit, usualFitRows } from '../numeric/fit-sample.js';
import { fitKmeans } from '../numeric/kmeans.js';
import type { LearnIo } from './method.js';

const clustering = { restarts: 3, iterations: 30, sampleRows: 20_000 } as const;

export interface AuxiliaryLabels {
  /** [frames] labels of one utterance. */
  of(id: string): Promise<Int32Array>;
  dispose(): Promise<void>;
}

/** @throws AsrError 'input' when there are fewer frames than labels */
export async function auxiliaryLabels(io: LearnIo): Promise<AuxiliaryLabels> {
  const folder = join(io.out, 'checkpoints', 'auxiliary');
  if (!existsSync(folder)) await fit(io, folder);
  const clusters = await loadClusters(folder, io.compute);
  return {
    // Finding them again takes less time than one training step; keeping them would take memory for the whole corpus.
    of: async (id) => {
      const { data, rows } = await io.corpus.frames.read(id);
      return clusters.assign(data, rows);
    },
    dispose: () => clusters.dispose(),
  };
}

async function fit(io: LearnIo, folder: string): Promise<void> {
  const {
    corpus: { frames, utterances },
    config,
  } = io;
  const { columns } = frames;
  if (columns === undefined) throw new AsrError('input', 'learn: the features stage wrote no frames', 'Run it again.');
  const rng = io.rng.fork('auxiliary labels');
  const fitted = sampleToFit(utterances, ({ id }) => frames.rowsOf(id), usualFitRows, rng.fork('fit'));
  const source: BlockSource = async function* () {
    for (const { id } of fitted) yield await frames.read(id);
  };
  const { classes: count } = config.gan.auxiliary;
  const { centroids, inertia, rows } = await fitKmeans(source, {
    columns,
    count,
    ...clustering,
    rng,
    compute: io.compute,
  });
  io.log.info(`${count} auxiliary labels from ${rows} frames`);
  await writeWhole(folder, (partial) => saveClusters(partial, { count, columns, inertia, rows }, centroids));
}
