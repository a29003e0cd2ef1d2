// Simulated speech with known truth: phone strings of real sentences become vectors with confusions, insertions,
// deletions and noise of given rates. What benchmarks of matchers and of adversarial training learn from; labels are
// for oracle and scoring alone.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig, type ConfigTree } from '../src/core/config.js';
import { createLog } from '../src/core/log.js';
import type { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import {
  createGenerator,
  fitGenerator,
  ganConfig,
  trainGan,
  type GanConfig,
  type GanResult,
  type SegmentSource,
} from '../src/gan/index.js';
import { spread } from '../src/gan/segment-source.js';
import { bestPhones, collapse, transcribeUnits } from '../src/learn/collapse.js';
import { createTextFit, type TextFit } from '../src/learn/metric.js';
import { estimateNgram } from '../src/lm/kneser-ney.js';
import { simulateUnits } from '../src/matching/simulate.js';
import { blocksOf } from '../src/numeric/blocks.js';
import { fitKmeans } from '../src/numeric/kmeans.js';
import { createNearest } from '../src/numeric/nearest.js';
import { recipeFile } from '../src/recipe/locate.js';
import { addErrors, compare, errorRate, noErrors } from '../src/score/score.js';
import { textConfig } from '../src/text/config.js';
import { createPronouncer } from '../src/text/pronounce.js';
import { rounded } from './timing.js';

const columns = 64;

export interface Sentences {
  readonly phones: string[];
  readonly spoken: Int32Array[];
  readonly text: Int32Array[];
}

/** Unpaired text of a language that eSpeak NG speaks. */
export interface TextSource {
  readonly file: string;
  readonly language: string;
  /** Sentences that are spoken; the others are text. Half of all where it is absent. */
  readonly spoken?: number;
  /** Longer sentences are cut into pieces of this many phones. */
  readonly longest?: number;
  /** The most frequent phones are kept, the others left out; all where it is absent. */
  readonly phones?: number;
}

const pieces = (line: Int32Array, longest: number): Int32Array[] =>
  Array.from({ length: Math.ceil(line.length / longest) }, (_, i) => line.slice(i * longest, (i + 1) * longest));

export const demoText: TextSource = { file: recipeFile('demo-es', 'sentences.txt'), language: 'es', spoken: 1300 };

/** Sentences in phones; what is spoken and what is text are different sentences. */
export async function readSentences(rng: Rng, from: TextSource = demoText): Promise<Sentences> {
  const lines = (await readFile(from.file, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  rng.shuffleInPlace(lines);
  const pronounce = await createPronouncer(
    resolveConfig(textConfig, [{ language: from.language, stripLength: true }], 'bench'),
    '.',
  );
  const sentences = lines.map((line) => pronounce(line)).filter((sentence) => sentence !== undefined);
  const counts = new Map<string, number>();
  for (const phone of sentences.flat()) counts.set(phone, (counts.get(phone) ?? 0) + 1);
  const phones = [...counts.keys()]
    .sort((a, b) => counts.get(b)! - counts.get(a)!)
    .slice(0, from.phones)
    .sort();
  const index = new Map(phones.map((phone, i) => [phone, i]));
  const numbers = sentences.map((sentence) =>
    Int32Array.from(sentence.flatMap((phone) => (index.has(phone) ? [index.get(phone)!] : []))),
  );
  const half = from.spoken ?? Math.floor(numbers.length / 2);
  const cut = (lines: Int32Array[]): Int32Array[] => lines.flatMap((line) => pieces(line, from.longest ?? line.length));
  return { phones, spoken: cut(numbers.slice(0, half)), text: cut(numbers.slice(half)) };
}

export interface Corpus extends Sentences {
  readonly heard: Int32Array[];
  readonly vectors: Float32Array[];
  readonly units: Int32Array[];
  readonly textFit: TextFit;
}

/** Chances an event and phone; the noise is the standard deviation in each dimension, where phones lie 1 apart. */
export interface SegmentErrors {
  readonly confusion: number;
  /** Phones that one is taken for; any where it is absent. */
  readonly alike?: number;
  readonly insertion: number;
  readonly deletion: number;
  readonly noise: number;
}

/** @param count clusters of the segments */
export async function simulate(
  sentences: Sentences,
  errors: SegmentErrors,
  count: number,
  compute: Compute,
  rng: Rng,
): Promise<Corpus> {
  const { phones, spoken, text } = sentences;
  const heard = simulateUnits(
    spoken,
    {
      phoneCount: phones.length,
      unitCount: phones.length,
      confusion: errors.confusion,
      ...(errors.alike === undefined ? {} : { alike: errors.alike }),
      insertion: errors.insertion,
      deletion: errors.deletion,
    },
    rng.fork('units'),
  ).units;
  const centres = phones.map((_, v) => {
    const draw = rng.fork(`centre ${v}`);
    return Float32Array.from({ length: columns }, () => draw.normal());
  });
  const noise = rng.fork('noise');
  const vectors = heard.map((sequence) =>
    Float32Array.from(
      { length: sequence.length * columns },
      (_, i) => centres[sequence[Math.floor(i / columns)]!]![i % columns]! + errors.noise * noise.normal(),
    ),
  );
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const own of vectors) {
    all.set(own, at);
    at += own.length;
  }
  const { centroids } = await fitKmeans(blocksOf(all, columns), {
    columns,
    count,
    restarts: 2,
    iterations: 20,
    sampleRows: 20_000,
    rng: rng.fork('k-means'),
    compute,
  });
  const nearest = createNearest({ columns, count, sets: 1 }, compute);
  nearest.setCentroids(centroids);
  const units: Int32Array[] = [];
  for (const own of vectors) units.push(await nearest.find(own, own.length / columns));
  await nearest.dispose();
  const lm = estimateNgram(
    text.map((line) => Array.from(line, (v) => phones[v]!)),
    { order: 4 },
  );
  const textFit = createTextFit({
    lm,
    phones,
    phonesPerSentence: text.reduce((sum, line) => sum + line.length, 0) / text.length,
  });
  return { ...sentences, heard, vectors, units, textFit };
}

/** In per cent of the phones that were spoken. */
export function errorRateOf({ spoken, phones }: Corpus, transcripts: readonly number[][]): number {
  const names = (line: ArrayLike<number>): string[] => Array.from(line, (v) => phones[v]!);
  return rounded(
    100 * errorRate(transcripts.map((line, u) => compare(names(spoken[u]!), names(line))).reduce(addErrors, noErrors)),
  );
}

export interface Trained {
  readonly transcripts: number[][];
  readonly seconds: number;
  /** Their scores have `per` of the utterances that were decoded, in per cent, which decides nothing. */
  readonly evaluations: GanResult['evaluations'];
  /** Lines of metrics.jsonl. */
  readonly watched: readonly Readonly<Record<string, number | string>>[];
}

/**
 * Trains adversarially on a simulated corpus and transcribes it.
 * @param layers over the defaults of `learn.gan`
 * @param table [units, phones] to start from; without it the start is random
 */
export async function adversarial(
  corpus: Corpus,
  layers: readonly ConfigTree[],
  compute: Compute,
  rng: Rng,
  table?: Float32Array,
): Promise<Trained> {
  const started = performance.now();
  const { phones, vectors, units } = corpus;
  const config: GanConfig = resolveConfig(
    ganConfig,
    [{ batch: 64, evaluateEvery: 250, discriminator: { dim: 128 }, generator: { kernel: 1 } }, ...layers],
    'bench',
  );
  const segments: SegmentSource = {
    ids: vectors.map((_, u) => String(u)),
    columns,
    rowsOf: (id) => vectors[Number(id)]!.length / columns,
    read: async (id) => ({ data: vectors[Number(id)]!, rows: vectors[Number(id)]!.length / columns }),
  };
  const labels = (id: string): Float32Array =>
    Float32Array.from(
      Array.from(units[Number(id)]!).flatMap((k) => [...table!.subarray(k * phones.length, (k + 1) * phones.length)]),
    );
  const start =
    table &&
    (await fitGenerator({ segments, labels, classes: phones.length, config, rng: rng.fork('start'), compute }));
  const folder = await mkdtemp(join(tmpdir(), 'bench-gan-'));
  try {
    const decoded = spread(
      segments.ids.filter((id) => segments.rowsOf(id) >= config.minSegments),
      config.evaluationUtterances,
    );
    const judged = { ...corpus, spoken: decoded.map((id) => corpus.spoken[Number(id)]!) };
    const { generator, evaluations } = await trainGan({
      segments,
      sentences: corpus.text,
      vocabulary: { size: phones.length, silence: -1 },
      config,
      rng,
      compute,
      log: createLog({ level: 'warn' }),
      checkpointFolder: folder,
      score: (sequences) => ({ ...corpus.textFit(sequences), per: errorRateOf(judged, sequences) }),
      ...(start ? { start } : {}),
    });
    const model = await createGenerator(generator, compute);
    const transcripts: number[][] = [];
    for (const own of vectors)
      transcripts.push(collapse(bestPhones((await model.emit(own, own.length / columns)).logProbs, phones.length)));
    await model.dispose();
    const lines = (await readFile(join(folder, 'metrics.jsonl'), 'utf8')).trim().split('\n');
    const watched = lines.map((line) => JSON.parse(line) as Record<string, number | string>);
    return { transcripts, seconds: (performance.now() - started) / 1000, evaluations, watched };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The phone that a unit mostly sounds like. Confusions are uniform, so no other mapping has fewer errors on average.
 */
export function oracleTable({ heard, units, phones }: Corpus, count: number): Int32Array {
  const together = new Float32Array(count * phones.length);
  units.forEach((sequence, u) =>
    sequence.forEach((k, i) => {
      together[k * phones.length + heard[u]![i]!]! += 1;
    }),
  );
  return bestPhones(together, phones.length);
}

export const transcribed = ({ units }: Corpus, table: Int32Array): number[][] =>
  units.map((sequence) => transcribeUnits(sequence, table));
