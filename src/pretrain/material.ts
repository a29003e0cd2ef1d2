// What an encoder is trained on: log-mel frames and MFCC of each corpus, made by the features stage itself, and the
// same speech cut into segments with a vector each, from MFCC or from an encoder of an earlier round.
import { join, resolve } from 'node:path';
import { type Utterance } from '../core/records.js';
import { runInner } from '../core/inner-stage.js';
import { ShardReader } from '../core/shards.js';
import type { InnerStage, StageDefinition, StageIo } from '../core/stage.js';
import { held } from '../core/disposal.js';
import { featuresConfig, type FeaturesConfig } from '../features/config.js';
import { readFeaturesInfo } from '../features/folder.js';
import { FrameSums } from '../features/normalise.js';
import { featuresStage } from '../features/stage.js';
import { createExtractor, type FeatureExtractor } from '../features/extractor.js';
import { utteranceSounds } from '../features/utterance-sound.js';
import { segmentsConfig } from '../segments/config.js';
import { fitLeastSquares } from '../segments/fit.js';
import { createSegmenter, type Segmenter } from '../segments/segmenter.js';
import type { pretrainConfig, PretrainConfig } from './config.js';
import { joinedBlocks } from './export.js';
import { corpusLevel, type Level } from './level.js';
import type { SegmentedUtterance } from './targets.js';
import { readUtterances } from '../vad/folder.js';

export type PretrainIo = StageIo<PretrainConfig, 'audio' | 'vad'>;

/** Speech of one corpus. */
export interface CorpusMaterial {
  /** Stands before the ids of its utterances, so that two corpora may name theirs alike; empty where there is one. */
  readonly prefix: string;
  readonly inputs: Readonly<Record<'audio' | 'vad', string>>;
  /** Utterances to learn from: split train, at least a mask long; by their own ids. */
  readonly utterances: ReadonlyMap<string, Utterance>;
  readonly bands: ShardReader;
  readonly mfcc: ShardReader;
  readonly segmenter: Segmenter;
  readonly seconds: number;
}

export interface Material {
  readonly corpora: readonly CorpusMaterial[];
  readonly front: FeaturesConfig;
  /** Of all corpora together. */
  readonly level: Level;
  readonly utterances: number;
  readonly seconds: number;
  /** [rows, bands] log-mel frames. @param id with its corpus's prefix */
  readonly readBands: (id: string) => Promise<{ readonly data: Float32Array; readonly rows: number }>;
  close(): Promise<void>;
}

const leastRows = 16;

/** Where a corpus is, and what is made of it in the stage's folder. */
interface CorpusPlace extends Pick<CorpusMaterial, 'prefix' | 'inputs'> {
  readonly bands: InnerStage;
  readonly mfcc: InnerStage;
}

const mfccConfig = featuresConfig.parse({ kind: 'mfcc' });
const frontOf = ({ front }: PretrainConfig): FeaturesConfig =>
  featuresConfig.parse({ kind: 'logmel', melBands: front.melBands, normalise: 'none', storage: 'float16' });

/** Below the stage's folder, for what can be made again. */
export const workFolder = 'work';

function corpusPlaces(config: PretrainConfig, data: string, inputs: CorpusMaterial['inputs']): CorpusPlace[] {
  const place = (prefix: string, own: CorpusMaterial['inputs'], work: string): CorpusPlace => {
    const frames = (name: string, settings: FeaturesConfig): InnerStage => {
      return { name: prefix + name, folder: join(work, name), stage: featuresStage, config: settings, inputs: own };
    };
    return { prefix, inputs: own, bands: frames('bands', frontOf(config)), mfcc: frames('mfcc', mfccConfig) };
  };
  return [
    place(config.corpora.length === 0 ? '' : '1:', inputs, workFolder),
    ...config.corpora.map((run, i) => {
      const folder = resolve(data, run);
      const own = { audio: join(folder, 'audio'), vad: join(folder, 'vad') };
      return place(`${i + 2}:`, own, join(workFolder, `corpus-${i + 2}`));
    }),
  ];
}

/** Frames of every corpus, which the stage makes inside. */
export const framesOf: NonNullable<StageDefinition<typeof pretrainConfig, 'audio' | 'vad'>['inner']> = (
  config,
  data,
  inputs,
) => corpusPlaces(config, data, inputs).flatMap(({ bands, mfcc }) => [bands, mfcc]);

export async function prepareMaterial(io: PretrainIo): Promise<Material> {
  const { config } = io;
  const front = frontOf(config);
  const sums = new FrameSums(config.front.melBands);
  const corpora: CorpusMaterial[] = [];
  const close = async (): Promise<void> => {
    for (const { bands, mfcc } of corpora) {
      await bands.close();
      await mfcc.close();
    }
  };
  try {
    for (const place of corpusPlaces(config, io.data, io.inputs))
      corpora.push(await prepareCorpus(io, place, front, sums));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    corpora,
    front,
    level: corpusLevel(sums, config.front.priorSeconds / front.hopSeconds),
    utterances: corpora.reduce((count, { utterances }) => count + utterances.size, 0),
    seconds: sums.rows * front.hopSeconds,
    readBands: (id) => {
      const { prefix, bands } = corpora.find(({ prefix: own }) => id.startsWith(own)) as CorpusMaterial;
      return bands.read(id.slice(prefix.length));
    },
    close,
  };
}

/** @param sums are given the frames of the utterances to learn from */
async function prepareCorpus(
  io: PretrainIo,
  { prefix, inputs, ...inner }: CorpusPlace,
  front: FeaturesConfig,
  sums: FrameSums,
): Promise<CorpusMaterial> {
  const { config } = io;
  const bandsFolder = await runInner(io, inner.bands);
  const mfccFolder = await runInner(io, inner.mfcc);
  const bands = await ShardReader.open(join(bandsFolder, 'frames'));
  const mfcc = await ShardReader.open(join(mfccFolder, 'frames'));
  const utterances = new Map<string, Utterance>();
  for await (const utterance of readUtterances(inputs.vad)) {
    if (
      utterance.split === 'train' &&
      bands.has(utterance.id) &&
      mfcc.has(utterance.id) &&
      bands.rowsOf(utterance.id) >= leastRows
    )
      utterances.set(utterance.id, utterance);
  }
  const before = sums.rows;
  for await (const { data } of bands.items(utterances.keys())) sums.add(data);
  const { dim, deviations } = await readFeaturesInfo(mfccFolder);
  const settings = segmentsConfig.parse({
    coefficients: config.targets.coefficients,
    vectors: { edges: config.targets.edges, duration: config.targets.duration },
  });
  const fit = {
    frames: mfcc,
    ids: [...utterances.keys()],
    dim,
    rng: io.rng.fork('segments'),
    compute: io.compute,
    log: io.log,
  };
  const model = await fitLeastSquares(fit, settings, config.targets.segmentsPerSecond * mfccConfig.hopSeconds, {
    kind: 'mfcc',
    deviations,
  });
  return {
    prefix,
    inputs,
    utterances,
    bands,
    mfcc,
    segmenter: createSegmenter(model, io.compute),
    seconds: (sums.rows - before) * front.hopSeconds,
  };
}

/** Segments with a vector of their MFCC: middle, edges, duration. */
export async function* mfccSegments({ corpora }: Material): AsyncGenerator<SegmentedUtterance> {
  for (const { prefix, utterances, mfcc, segmenter } of corpora) {
    for await (const { id, data, rows } of mfcc.items(utterances.keys())) {
      const { ends, pooled, columns } = await segmenter.segment(data, rows);
      yield { id: prefix + id, ends, vectors: pooled, columns };
    }
  }
}

const windowUtterances = 64;

/** The same segments with the mean of an encoder's states in each. @param folder of the encoder */
export async function* encodedSegments(
  io: PretrainIo,
  material: Material,
  folder: string,
): AsyncGenerator<SegmentedUtterance> {
  const { targets, network } = io.config;
  const layer = targets.layer === 0 ? joinedBlocks(network.dilations.length)[1] : targets.layer;
  await using extractor = held(
    await createExtractor(featuresConfig.parse({ kind: 'onnx', model: folder, layer }), io.compute),
  );
  for (const corpus of material.corpora) yield* encodedCorpus(io, corpus, extractor);
}

async function* encodedCorpus(
  io: PretrainIo,
  { prefix, inputs, utterances, mfcc, segmenter }: CorpusMaterial,
  extractor: FeatureExtractor,
): AsyncGenerator<SegmentedUtterance> {
  const { dim } = extractor;
  let window: { id: string; samples: Float32Array }[] = [];
  const flush = async function* (): AsyncGenerator<SegmentedUtterance> {
    const found = await extractor.extractMany!(window.map(({ samples }) => samples));
    for (const [i, { id }] of window.entries()) {
      const frames = found[i]!;
      if (frames instanceof Error) throw frames;
      const own = await mfcc.read(id);
      const { ends } = await segmenter.segment(own.data, own.rows);
      yield { id: prefix + id, ends, vectors: segmentStates(frames.data, frames.rows, dim, ends), columns: dim };
    }
    window = [];
  };
  for await (const { utterance, samples } of utteranceSounds(inputs.audio, inputs.vad, [], io.skip)) {
    io.signal?.throwIfAborted();
    if (!utterances.has(utterance.id)) continue;
    window.push({ id: utterance.id, samples });
    if (window.length === windowUtterances) yield* flush();
  }
  yield* flush();
}

/** Mean of the states in the middle half of each segment. @param ends frames of 10 ms; states stand every 20 ms */
export function segmentStates(states: Float32Array, rows: number, columns: number, ends: Int32Array): Float32Array {
  const out = new Float32Array(ends.length * columns);
  let start = 0;
  ends.forEach((end, s) => {
    const margin = Math.floor((end - start) / 4);
    const from = Math.min(rows - 1, (start + margin) >> 1);
    const to = Math.min(rows, Math.max(from + 1, (end - margin + 1) >> 1));
    for (let t = from; t < to; t++)
      for (let c = 0; c < columns; c++) out[s * columns + c]! += states[t * columns + c]! / (to - from);
    start = end;
  });
  return out;
}
