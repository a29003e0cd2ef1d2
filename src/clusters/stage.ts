// Stage clusters: segment vectors in, one unit number per segment out. K-means is fitted on training utterances
// and assigned for all. Writes centroids.npy, clusters.json and units.jsonl.
import { resolve } from 'node:path';
import { held } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import { leaveOutNonFinite } from '../core/left-out.js';
import { startProgress } from '../core/progress.js';
import { ShardReader } from '../core/shards.js';
import { defineStage, type StageIo } from '../core/stage.js';
import { chosenOf, sampleToFit } from '../numeric/fit-sample.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { openPooled, readBoundaries } from '../segments/folder.js';
import { loadClusters, saveClusters } from './clusters.js';
import { clustersConfig, type ClustersConfig } from './config.js';
import { createUnits } from './folder.js';
import { readGivenIds, segmentUnits } from './given-ids.js';
import { readUtterances } from '../vad/folder.js';

export const clustersStage = defineStage({
  name: 'clusters',
  version: 2,
  reads: ['segments', 'vad'],
  config: clustersConfig,
  external: ({ folder }, data) => (folder === '' ? [] : [resolve(data, folder)]),
  run: async (io) => {
    const { segments: segmentsFolder, vad } = io.inputs;
    await using vectors = await openPooled(segmentsFolder);
    const broken = await leaveOutNonFinite(io, vectors.ids, [vectors]);
    if (io.config.folder !== '') return await takeGiven(io, vectors, segmentsFolder, vad, broken);
    const ids = vectors.ids.filter((id) => !broken.has(id));
    const { inertia } = await fit(io, vectors, vad, ids);
    return { ...(await assignAll(io, vectors, ids)), inertia };
  },
});

type Io = StageIo<ClustersConfig>;

async function trainIds(vad: string): Promise<Set<string>> {
  const train = new Set<string>();
  for await (const { id, split } of readUtterances(vad)) if (split === 'train') train.add(id);
  return train;
}

/** Units from cluster ids of frames that were made elsewhere; centroids from the train part. */
async function takeGiven(
  io: Io,
  vectors: ShardReader,
  segments: string,
  vad: string,
  broken: ReadonlySet<string>,
): Promise<{ utterances: number; segments: number; units: number }> {
  const given = await readGivenIds(resolve(io.data, io.config.folder));
  const columns = vectors.columns ?? 0;
  const sums = new Float64Array(given.count * columns);
  const sizes = new Float64Array(given.count);
  const train = await trainIds(vad);
  await using writer = await createUnits(io.out);
  let total = 0;
  for await (const { id, ends } of readBoundaries(segments)) {
    io.signal?.throwIfAborted();
    if (broken.has(id)) continue;
    const ids = given.of(id);
    const units = ids ? segmentUnits(ids, ends) : 'no cluster ids for it in clusters.folder';
    if (typeof units === 'string') {
      await io.skip(id, units);
      continue;
    }
    await writer.write({ id, units: [...units] });
    total += units.length;
    if (!train.has(id) || !vectors.has(id)) continue;
    const { data } = await vectors.read(id);
    if (data.length !== units.length * columns)
      throw new AsrError(
        'input',
        `stage clusters: "${id}" has ${data.length / columns} vectors for ${units.length} segments`,
        'clusters.folder does not go with pooled pairs of segments: set segments.method=dp.',
      );
    units.forEach((unit, s) => {
      sizes[unit]! += 1;
      for (let c = 0; c < columns; c++) sums[unit * columns + c]! += data[s * columns + c]!;
    });
  }
  await writer.close();
  if (writer.count === 0)
    throw new AsrError(
      'input',
      `${resolve(io.data, io.config.folder)}: cluster ids fit none of the utterances`,
      'skipped.jsonl says why for each; the first column of NAME.tsv must hold the files of the audio.',
    );
  // An id that no segment bears must be nearest to nothing.
  const centroids = Float32Array.from(sums, (sum, i) =>
    sizes[Math.floor(i / columns)]! > 0 ? sum / sizes[Math.floor(i / columns)]! : 1e6,
  );
  await saveClusters(
    io.out,
    { count: given.count, columns, inertia: 0, rows: sizes.reduce((a, b) => a + b, 0) },
    centroids,
  );
  return { utterances: writer.count, segments: total, units: given.count };
}

/** @param usable ids whose vectors are finite */
async function fit(io: Io, vectors: ShardReader, vad: string, usable: readonly string[]): Promise<{ inertia: number }> {
  const known = new Set(usable);
  const all = [...(await trainIds(vad))].filter((id) => known.has(id));
  const rowsOf = (id: string): number => vectors.rowsOf(id);
  const train = sampleToFit(all, rowsOf, io.config.fitSegments, io.rng.fork('fit'));
  const columns = vectors.columns;
  if (train.length === 0 || columns === undefined) {
    throw new AsrError(
      'input',
      'stage clusters: no training utterance has segments',
      'Check that the corpus has utterances of split "train" with speech in them.',
    );
  }
  const { count, restarts, iterations, sampleRows } = io.config;
  const progress = startProgress(io.log, 'clustering', iterations, 'passes');
  const fitted = await fitKmeans(() => vectors.items(train), {
    columns,
    count,
    restarts,
    iterations,
    sampleRows,
    rng: io.rng.fork('kmeans'),
    compute: io.compute,
    onPass: (pass, inertia) => {
      io.signal?.throwIfAborted();
      progress.update(pass, `mean squared distance ${inertia.toPrecision(4)}`);
    },
  }).finally(() => {
    progress.finish();
  });
  const { inertia, rows, passes } = fitted;
  io.log.info(`${count} units of ${rows} segments after ${passes} passes${chosenOf(train, all)}`);
  await saveClusters(io.out, { count, columns, inertia, rows }, fitted.centroids);
  return { inertia };
}

/** Assigns with the saved model, read back from disk: what a bundle will do with the same files. */
async function assignAll(
  io: Io,
  vectors: ShardReader,
  ids: readonly string[],
): Promise<{ utterances: number; segments: number; units: number }> {
  await using clusters = held(await loadClusters(io.out, io.compute));
  await using writer = await createUnits(io.out);
  let segments = 0;
  for await (const { id, data, rows } of vectors.items(ids)) {
    io.signal?.throwIfAborted();
    const units = await clusters.assign(data, rows);
    await writer.write({ id, units: [...units] });
    segments += rows;
  }
  await writer.close();
  return { utterances: writer.count, segments, units: clusters.count };
}
