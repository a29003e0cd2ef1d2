// One round of the cycle before its HMM: the segments that the last HMM found become vectors, units and, by matching
// that starts from the HMM's own labels, phone probabilities again. The text's statistics mend what is systematic.
import { AsrError } from '../core/errors.js';
import { held } from '../core/disposal.js';
import { matchNgrams } from '../matching/match.js';
import { sampleToFit, usualFitRows } from '../numeric/fit-sample.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { createNearest } from '../numeric/nearest.js';
import type { Block } from '../numeric/blocks.js';
import { segmentVectors, vectorSize } from '../segments/vectors.js';
import type { Labels } from './labels.js';
import type { LearnIo } from './method.js';

const vectorWeights = { duration: 0.5, edges: 0.5 }; // as in the segments stage
const sampleRows = 20_000;
const smoothing = 0.1; // counts added to every phone of a unit

/**
 * @param labels of the last round
 * @param history gets one line per step of matching
 */
export async function rematch(io: LearnIo, name: string, labels: Labels, history: object[]): Promise<Labels> {
  const { corpus, config, compute } = io;
  const rng = io.rng.fork(name);
  const dim = corpus.frames.columns;
  if (dim === undefined) throw new AsrError('input', 'learn: the features stage wrote no frames', 'Run it again.');
  const vectorOptions = { columns: dim, ...vectorWeights };
  const columns = vectorSize(vectorOptions);
  const vectorsOf = async function* (utterances: Labels['utterances']): AsyncGenerator<Block> {
    for (const { id, ends } of utterances) {
      const { data } = await corpus.frames.read(id);
      yield { data: segmentVectors(data, dim, ends, vectorOptions), rows: ends.length };
    }
  };
  const segments = labels.utterances.reduce((sum, { ends }) => sum + ends.length, 0);
  const count = Math.min(corpus.unitCount, segments);
  const fitted = sampleToFit(labels.utterances, ({ ends }) => ends.length, usualFitRows, rng.fork('fit'));
  const { centroids } = await fitKmeans(() => vectorsOf(fitted), {
    columns,
    count,
    restarts: 1,
    iterations: config.cycle.clusterPasses,
    sampleRows,
    rng: rng.fork('kmeans'),
    compute,
  });
  const units = await assign(vectorsOf(labels.utterances), centroids, columns, count, io);
  const phoneCount = corpus.matched;
  const { restarts, deletion, duplication } = config.cycle;
  const { table } = await matchNgrams({
    units,
    unitCount: count,
    sentences: corpus.sentences,
    phoneCount,
    compute,
    rng: rng.fork('matching'),
    config: { ...config.matching, restarts, deletion, duplication },
    start: meaningOf(units, labels, count, phoneCount),
    onStep: (step, losses) => {
      io.signal?.throwIfAborted();
      history.push({ step, loss: Math.min(...losses) });
    },
  });
  return {
    utterances: labels.utterances.map(({ id, ends }, i) => ({ id, ends, symbols: units[i]! })),
    meaning: table.map(Math.exp),
  };
}

async function assign(
  vectors: AsyncIterable<Block>,
  centroids: Float32Array,
  columns: number,
  count: number,
  { compute }: LearnIo,
): Promise<Int32Array[]> {
  await using search = held(createNearest({ columns, count, sets: 1 }, compute));
  search.setCentroids(centroids);
  const units: Int32Array[] = [];
  for await (const { data, rows } of vectors) units.push(await search.find(data, rows));
  return units;
}

/** [count, V] shares of the labels' phones among the segments of each unit. */
function meaningOf(
  units: readonly Int32Array[],
  { utterances, meaning }: Labels,
  count: number,
  phones: number,
): Float32Array {
  const shares = new Float32Array(count * phones).fill(smoothing);
  utterances.forEach(({ symbols }, i) => {
    symbols.forEach((symbol, s) => {
      const at = units[i]![s]! * phones;
      for (let v = 0; v < phones; v++) shares[at + v]! += meaning[symbol * phones + v]!;
    });
  });
  for (let k = 0; k < count; k++) {
    const row = shares.subarray(k * phones, (k + 1) * phones);
    const sum = row.reduce((a, b) => a + b, 0);
    for (let v = 0; v < phones; v++) row[v]! /= sum;
  }
  return shares;
}
