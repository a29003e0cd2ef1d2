// All figures of one features folder, from an alignment: what `asr probe` prints.
import { Rng } from '../core/rng.js';
import type { Log } from '../core/log.js';
import type { Compute } from '../core/stage.js';
import { Turns } from '../core/event-loop.js';
import { frameStart } from '../core/frame-grid.js';
import { type Frames, sampleRate } from '../core/time.js';
import { held } from '../core/disposal.js';
import { fitKmeans } from '../numeric/kmeans.js';
import { createNearest } from '../numeric/nearest.js';
import { coefficientWeights } from '../segments/fit.js';
import { cheapestCut, pieceCosts, type PieceCosts } from '../segments/least-squares.js';
import { findPenalty } from '../segments/penalty.js';
import { abx, type AbxResult } from './abx.js';
import type { AlignedPhone } from './alignment.js';
import { clusterQuality, f1, matchBoundaries, type BoundaryCounts, type ClusterQuality } from './discrete.js';
import { sampleLabelled, type ProbedCorpus, type ProbedUtterance } from './labelled.js';
import { linearAccuracy } from './linear.js';
import { supervisedPer } from './supervised-per.js';

export interface ProbeOptions {
  readonly features: string;
  readonly vad: string;
  readonly alignment: ReadonlyMap<string, readonly AlignedPhone[]>;
  readonly silence: string;
  readonly frames: number;
  readonly context: number;
  readonly clusters: number;
  readonly triples: number;
  readonly seed: number;
  /** Also the phone error rate of a supervised recogniser on these features. */
  readonly per?: boolean;
  readonly compute: Compute;
  readonly log: Log;
}

export interface ProbeResult {
  readonly kind: string;
  readonly dim: number;
  readonly utterances: number;
  readonly frames: number;
  readonly phones: number;
  /** Share of test frames, silence neither learned nor tested, and with it. */
  readonly linear: number;
  readonly linearWithSilence: number;
  /** Of the linear classifier with the bigram of its own training utterances; null where it was not asked for. */
  readonly supervisedPer: number | null;
  readonly abxWithin: AbxResult | null;
  readonly abxAcross: AbxResult | null;
  readonly clusters: ClusterQuality & { readonly count: number };
  /** At 20 ms, of a label-free segmentation with as many segments as there are phones. */
  readonly boundaryF1: number;
  readonly segmentsPerSecond: number;
  readonly phonesPerSecond: number;
}

const testShare = 0.2;

/** @throws AsrError 'input' when the folders and the alignment do not belong together */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const { compute, log } = options;
  const rng = Rng.fromSeed(options.seed).fork('probe');
  const labelled = await sampleLabelled({ ...options, testShare, rng });
  const {
    info: { dim },
    phones,
    silence,
    utterances,
  } = labelled;
  log.info(`${utterances.length} utterances, ${phones.length} phones`);
  const linear = {
    columns: dim,
    classes: phones.length,
    context: options.context,
    components: 512,
    epochs: 10,
    rng: rng.fork('linear'),
    compute,
  };
  const spoken = await linearAccuracy(utterances, (label) => label !== silence, linear);
  const all = silence < 0 ? spoken : await linearAccuracy(utterances, () => true, linear);
  const per = options.per === true ? await supervisedPer(labelled, linear) : null;
  log.info('ABX');
  const abxOptions = { columns: dim, silence, triples: options.triples };
  const within = await abx(utterances, { ...abxOptions, across: false, rng: rng.fork('within') });
  const across = await abx(utterances, { ...abxOptions, across: true, rng: rng.fork('across') });
  log.info(`${options.clusters} clusters`);
  const clusters = await clusterFrames(labelled, options, rng.fork('clusters'));
  log.info('boundaries');
  const { counts, segments } = await cutFrames(labelled);
  const seconds = utterances.reduce((sum, { samples }) => sum + samples, 0) / sampleRate;
  return {
    kind: labelled.info.kind,
    dim,
    utterances: utterances.length,
    frames: utterances.reduce((sum, { rows }) => sum + rows, 0),
    phones: phones.length,
    linear: spoken,
    linearWithSilence: all,
    supervisedPer: per,
    abxWithin: within ?? null,
    abxAcross: across ?? null,
    clusters,
    boundaryF1: f1(counts),
    segmentsPerSecond: segments / seconds,
    phonesPerSecond: utterances.reduce((sum, { tokens }) => sum + tokens.length, 0) / seconds,
  };
}

async function clusterFrames(
  { info: { dim }, utterances, phones, silence }: ProbedCorpus,
  { clusters: count, compute }: ProbeOptions,
  rng: Rng,
): Promise<ClusterQuality & { count: number }> {
  const source = async function* (): AsyncGenerator<ProbedUtterance> {
    yield* utterances;
  };
  const { centroids } = await fitKmeans(source, {
    columns: dim,
    count,
    restarts: 1,
    iterations: 30,
    sampleRows: 20_000,
    rng,
    compute,
  });
  await using search = held(createNearest({ columns: dim, count, sets: 1 }, compute));
  search.setCentroids(centroids);
  const units: number[] = [];
  const labels: number[] = [];
  for (const utterance of utterances) {
    const indices = await search.find(utterance.data, utterance.rows);
    for (let t = 0; t < utterance.rows; t++) {
      units.push(indices[t] as number);
      labels.push(utterance.labels[t] === silence ? -1 : (utterance.labels[t] as number));
    }
  }
  return { count, ...clusterQuality(Int32Array.from(units), Int32Array.from(labels), count, phones.length) };
}

/** Pieces of 20 to 300 ms by least squares, as the segments stage makes them, as many as there are phones. */
async function cutFrames({ info, utterances }: ProbedCorpus): Promise<{ counts: BoundaryCounts; segments: number }> {
  const { hop, dim, deviations, kind } = info;
  const inFrames = (seconds: number): number => Math.max(1, Math.round((seconds * sampleRate) / hop));
  const limits = { minFrames: inFrames(0.02), maxFrames: inFrames(0.3) };
  const weights = Float32Array.from(
    coefficientWeights(kind === 'mfcc' ? Math.min(13, dim) : dim, kind === 'mfcc' ? deviations : undefined),
  );
  const turns = new Turns();
  const costs: PieceCosts[] = [];
  for (const { data, rows } of utterances) {
    if (turns.due) await turns.give();
    costs.push(pieceCosts(data, rows, dim, weights, limits));
  }
  const { penalty, segments } = await findPenalty(
    costs,
    utterances.reduce((sum, { tokens }) => sum + tokens.length, 0),
  );
  const total = { found: 0, wanted: 0, matched: 0 };
  utterances.forEach(({ boundaries }, i) => {
    const found = Array.from(cheapestCut(costs[i] as (typeof costs)[number], penalty).slice(0, -1), (end) =>
      frameStart(end as Frames, info),
    );
    const { found: f, wanted, matched } = matchBoundaries(found, boundaries, 0.02 * sampleRate);
    total.found += f;
    total.wanted += wanted;
    total.matched += matched;
  });
  return { counts: total, segments };
}
