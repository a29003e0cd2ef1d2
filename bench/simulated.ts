// How far each matcher is from the best possible mapping as segments get worse: phone strings of real sentences become
// vectors with confusions, insertions, deletions and noise of a known grade. Prints PER of every matcher and of the
// oracle, which maps each unit to the phone it mostly stands for. Labels are used for the oracle and for scoring alone.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../src/core/config.js';
import { createLog } from '../src/core/log.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import {
  createGenerator,
  fitGenerator,
  ganConfig,
  trainGan,
  type GanConfig,
  type SegmentSource,
} from '../src/gan/index.js';
import { bestPhones, collapse, transcribeUnits } from '../src/learn/collapse.js';
import { createJudge, type Judge } from '../src/learn/metric.js';
import { matchingConfig } from '../src/matching/config.js';
import { matchNgrams } from '../src/matching/match.js';
import { simulateUnits } from '../src/matching/simulate.js';
import { blocksOf } from '../src/numeric/blocks.js';
import { fitKmeans } from '../src/numeric/kmeans.js';
import { createNearest } from '../src/numeric/nearest.js';
import { recipeFile } from '../src/recipe/locate.js';
import { addErrors, compare, errorRate, noErrors } from '../src/score/score.js';
import { textConfig } from '../src/text/config.js';
import { estimateNgram } from '../src/lm/kneser-ney.js';
import { createPronouncer } from '../src/text/pronounce.js';
import { coOccurrenceStart } from './co-occurrence.js';
import { rounded } from './timing.js';

/** 1 = 10 % confusions, 5 % insertions, 5 % deletions, noise of standard deviation .5 in each of 64 dimensions. */
export const grades = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8] as const;
const unit = { confusion: 0.1, insertion: 0.05, deletion: 0.05, noise: 0.5 };
const columns = 64;
const spokenSentences = 1300;

export interface SimulatedOptions {
  readonly compute: Compute;
  readonly seed: number;
  readonly grades: readonly number[];
  /** Clusters of the segments. */
  readonly units: number;
  /** Updates of adversarial training from a matched start and from a random one; 0 = matching alone. */
  readonly ganUpdates: number;
  /** Matching also from co-occurrence, after few steps and after all. */
  readonly starts: boolean;
}

export interface SimulatedLine {
  readonly [name: string]: string | number | null;
  readonly grade: number;
  readonly method: string;
  readonly per: number;
  readonly oracle: number;
}

interface Sentences {
  readonly phones: string[];
  readonly spoken: Int32Array[];
  readonly text: Int32Array[];
}

/** The demo's sentences in phones; what is spoken and what is text are different sentences. */
async function readSentences(rng: Rng): Promise<Sentences> {
  const lines = (await readFile(recipeFile('demo-es', 'sentences.txt'), 'utf8'))
    .split('\n')
    .filter((line) => line.trim() !== '');
  rng.shuffleInPlace(lines);
  const pronounce = await createPronouncer(
    resolveConfig(textConfig, [{ language: 'es', stripLength: true }], 'bench'),
    '.',
  );
  const sentences = lines.map((line) => pronounce(line)).filter((sentence) => sentence !== undefined);
  const phones = [...new Set(sentences.flat())].sort();
  const index = new Map(phones.map((phone, i) => [phone, i]));
  const numbers = sentences.map((sentence) => Int32Array.from(sentence, (phone) => index.get(phone)!));
  return { phones, spoken: numbers.slice(0, spokenSentences), text: numbers.slice(spokenSentences) };
}

interface Corpus extends Sentences {
  readonly heard: Int32Array[];
  readonly vectors: Float32Array[];
  readonly units: Int32Array[];
  readonly judge: Judge;
}

async function simulate(
  sentences: Sentences,
  grade: number,
  { units: count, compute }: SimulatedOptions,
  rng: Rng,
): Promise<Corpus> {
  const { phones, spoken, text } = sentences;
  const heard = simulateUnits(
    spoken,
    {
      phoneCount: phones.length,
      unitCount: phones.length,
      confusion: unit.confusion * grade,
      insertion: unit.insertion * grade,
      deletion: unit.deletion * grade,
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
      (_, i) => centres[sequence[Math.floor(i / columns)]!]![i % columns]! + unit.noise * grade * noise.normal(),
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
  for (const own of vectors) units.push((await nearest.find(own, own.length / columns)).indices);
  await nearest.dispose();
  const lm = estimateNgram(
    text.map((line) => Array.from(line, (v) => phones[v]!)),
    { order: 4 },
  );
  const judge = createJudge({
    lm,
    phones,
    phonesPerSentence: text.reduce((sum, line) => sum + line.length, 0) / text.length,
  });
  return { ...sentences, heard, vectors, units, judge };
}

/** The phone that a unit mostly sounds like. Confusions are uniform, so no other mapping has fewer errors on average. */
function oracleTable({ heard, units, phones }: Corpus, count: number): Int32Array {
  const together = new Float32Array(count * phones.length);
  units.forEach((sequence, u) =>
    sequence.forEach((k, i) => {
      together[k * phones.length + heard[u]![i]!]! += 1;
    }),
  );
  return bestPhones(together, phones.length);
}

function errorRateOf({ spoken, phones }: Corpus, transcripts: readonly number[][]): number {
  const names = (line: ArrayLike<number>): string[] => Array.from(line, (v) => phones[v]!);
  return rounded(
    100 * errorRate(transcripts.map((line, u) => compare(names(spoken[u]!), names(line))).reduce(addErrors, noErrors)),
  );
}

export async function* benchSimulated(options: SimulatedOptions): AsyncGenerator<SimulatedLine> {
  const rng = Rng.fromSeed(options.seed);
  const sentences = await readSentences(rng.fork('sentences'));
  for (const grade of options.grades) {
    const corpus = await simulate(sentences, grade, options, rng.fork(`grade ${grade}`));
    const oracle = errorRateOf(corpus, transcribed(corpus, oracleTable(corpus, options.units)));
    const line = (method: string, transcripts: number[][], seconds: number): SimulatedLine => {
      const per = errorRateOf(corpus, transcripts);
      return {
        grade,
        method,
        per,
        oracle,
        overOracle: rounded(per / oracle),
        metric: rounded(corpus.judge(transcripts).metric),
        seconds: rounded(seconds),
        seed: options.seed,
      };
    };
    const start = performance.now();
    const table = await match(corpus, options, rng.fork(`matching ${grade}`));
    const seconds = (performance.now() - start) / 1000;
    yield line('matching', transcribed(corpus, bestPhones(table, corpus.phones.length)), seconds);
    if (options.starts) yield* otherStarts(corpus, options, rng.fork(`starts ${grade}`), line);
    if (options.ganUpdates === 0) continue;
    for (const [method, from] of [
      ['gan from matching', table],
      ['gan alone', undefined],
    ] as const) {
      const trained = await adversarial(corpus, options, rng.fork(`${method} ${grade}`), from);
      yield line(method, trained.transcripts, trained.seconds);
    }
  }
}

const transcribed = ({ units }: Corpus, table: Int32Array): number[][] =>
  units.map((sequence) => transcribeUnits(sequence, table));

const fewSteps = 150;

async function* otherStarts(
  corpus: Corpus,
  options: SimulatedOptions,
  rng: Rng,
  line: (method: string, transcripts: number[][], seconds: number) => SimulatedLine,
): AsyncGenerator<SimulatedLine> {
  const phoneCount = corpus.phones.length;
  const show = (method: string, table: Float32Array, from: number): SimulatedLine =>
    line(method, transcribed(corpus, bestPhones(table, phoneCount)), (performance.now() - from) / 1000);
  const starts = new Map<string, Float32Array | undefined>([['random', undefined]]);
  for (const [name, games] of [
    ['similarities', 0],
    ['adversarial', 4],
  ] as const) {
    const from = performance.now();
    const table = await coOccurrenceStart({
      units: corpus.units,
      unitCount: options.units,
      sentences: corpus.text,
      phoneCount,
      games,
      rng: rng.fork(name),
      compute: options.compute,
    });
    starts.set(name, table);
    yield show(`co-occurrence, ${name}`, table, from);
  }
  for (const steps of [fewSteps, matchingConfig.parse(undefined).steps]) {
    for (const [name, start] of starts) {
      const from = performance.now();
      yield show(
        `${steps} steps of matching from ${name}`,
        await match(corpus, options, rng.fork('matching'), steps, start),
        from,
      );
    }
  }
}

/** @returns [units, phones] probabilities of the restart that the label-free metric prefers */
async function match(
  corpus: Corpus,
  { units, compute }: SimulatedOptions,
  rng: Rng,
  steps?: number,
  start?: Float32Array,
): Promise<Float32Array> {
  const config = matchingConfig.parse(steps === undefined ? undefined : { steps });
  const { restarts } = await matchNgrams({
    units: corpus.units,
    unitCount: units,
    sentences: corpus.text,
    phoneCount: corpus.phones.length,
    config,
    rng,
    compute,
    ...(start ? { start } : {}),
  });
  const judged = restarts.map(({ table }) => ({
    table,
    metric: corpus.judge(transcribed(corpus, bestPhones(table, corpus.phones.length))).metric,
  }));
  return judged.reduce((best, one) => (one.metric < best.metric ? one : best)).table.map(Math.exp);
}

async function adversarial(
  corpus: Corpus,
  { ganUpdates, compute }: SimulatedOptions,
  rng: Rng,
  table?: Float32Array,
): Promise<{ transcripts: number[][]; seconds: number }> {
  const started = performance.now();
  const { phones, vectors, units } = corpus;
  const config: GanConfig = resolveConfig(
    ganConfig,
    [
      {
        updates: ganUpdates,
        batch: 64,
        evaluateEvery: 250,
        checkpointEvery: ganUpdates,
        discriminator: { dim: 128 },
        generator: { kernel: 1 },
      },
    ],
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
    const { generator } = await trainGan({
      segments,
      sentences: corpus.text,
      vocabulary: { size: phones.length, silence: -1 },
      config,
      rng,
      compute,
      log: createLog({ level: 'warn' }),
      checkpointFolder: folder,
      score: corpus.judge,
      ...(start ? { start } : {}),
    });
    const model = await createGenerator(generator, compute);
    const transcripts: number[][] = [];
    for (const own of vectors)
      transcripts.push(collapse(bestPhones((await model.emit(own, own.length / columns)).logProbs, phones.length)));
    await model.dispose();
    return { transcripts, seconds: (performance.now() - started) / 1000 };
  } finally {
    await rm(folder, { recursive: true });
  }
}
