// How far each matcher is from the best possible mapping as segments get worse: phone strings of real sentences become
// vectors with confusions, insertions, deletions and noise of a known grade. Prints PER of every matcher and of the
// oracle, which maps each unit to the phone it mostly stands for. Labels are used for the oracle and for scoring alone.
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { bestPhones } from '../src/learn/collapse.js';
import { matchingConfig } from '../src/matching/config.js';
import { matchNgrams } from '../src/matching/match.js';
import { coOccurrenceStart } from './co-occurrence.js';
import {
  adversarial,
  errorRateOf,
  oracleTable,
  readSentences,
  simulate,
  transcribed,
  type Corpus,
} from './simulated-speech.js';
import { rounded } from './timing.js';

/** 1 = 10 % confusions, 5 % insertions, 5 % deletions, noise of standard deviation .5 in each of 64 dimensions. */
export const grades = [0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8] as const;
const unit = { confusion: 0.1, insertion: 0.05, deletion: 0.05, noise: 0.5 };

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

export async function* benchSimulated(options: SimulatedOptions): AsyncGenerator<SimulatedLine> {
  const rng = Rng.fromSeed(options.seed);
  const sentences = await readSentences(rng.fork('sentences'));
  for (const grade of options.grades) {
    const errors = {
      confusion: unit.confusion * grade,
      insertion: unit.insertion * grade,
      deletion: unit.deletion * grade,
      noise: unit.noise * grade,
    };
    const corpus = await simulate(sentences, errors, options.units, options.compute, rng.fork(`grade ${grade}`));
    const oracle = errorRateOf(corpus, transcribed(corpus, oracleTable(corpus, options.units)));
    const line = (method: string, transcripts: number[][], seconds: number): SimulatedLine => {
      const per = errorRateOf(corpus, transcripts);
      return {
        grade,
        method,
        per,
        oracle,
        overOracle: rounded(per / oracle),
        metric: rounded(corpus.textFit(transcripts).metric),
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
      const trained = await adversarial(
        corpus,
        [{ updates: options.ganUpdates, checkpointEvery: options.ganUpdates }],
        options.compute,
        rng.fork(`${method} ${grade}`),
        from,
      );
      yield line(method, trained.transcripts, trained.seconds);
    }
  }
}

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
export async function match(
  corpus: Corpus,
  { units, compute }: Pick<SimulatedOptions, 'units' | 'compute'>,
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
    metric: corpus.textFit(transcribed(corpus, bestPhones(table, corpus.phones.length))).metric,
  }));
  return judged.reduce((best, one) => (one.metric < best.metric ? one : best)).table.map(Math.exp);
}
