// What a verdict without labels is worth: n-gram matching over simulated speech, good and deliberately spoiled, with
// the facts of each run beside its PER. Spoiled: text of another language, sentences of shuffled or reversed phones,
// five sentences a line, noise instead of speech, training cut short. Labels are for the PER alone.
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import { decodeConfig } from '../src/decode/config.js';
import { createDecoder } from '../src/decode/decoder.js';
import { factsOf } from '../src/decode/facts.js';
import { bestPhones } from '../src/learn/collapse.js';
import { verdictOf, type Facts } from '../src/learn/verdict.js';
import { estimateNgram } from '../src/lm/kneser-ney.js';
import { perplexity } from '../src/lm/ngram.js';
import { matchingConfig } from '../src/matching/config.js';
import { matchNgrams } from '../src/matching/match.js';
import { grades } from './simulated.js';
import { errorRateOf, readSentences, simulate, transcribed, type Corpus, type Sentences } from './simulated-speech.js';
import { rounded } from './timing.js';

export interface VerdictOptions {
  readonly compute: Compute;
  readonly seed: number;
  readonly units: number;
  /** A text of another language, and the voice that reads it; without one, those lines are left out. */
  readonly other?: { readonly file: string; readonly language: string };
}

export interface VerdictLine {
  readonly [name: string]: string | number | null;
  readonly run: string;
  readonly per: number;
  readonly verdict: string;
}

const silence = '<SIL>';
const unit = { confusion: 0.1, insertion: 0.05, deletion: 0.05, noise: 0.5 };
/** Utterances that the facts are taken from, as in `decode`. */
const looked = 200;

interface Case {
  readonly name: string;
  readonly grade: number;
  readonly text?: (text: readonly Int32Array[], rng: Rng) => Int32Array[];
  readonly noise?: boolean;
  readonly steps?: number;
}

const joined = (text: readonly Int32Array[], count: number): Int32Array[] =>
  Array.from({ length: Math.floor(text.length / count) }, (_, i) =>
    Int32Array.from(text.slice(i * count, (i + 1) * count).flatMap((line) => Array.from(line))),
  );

const cases: readonly Case[] = [
  ...grades.map((grade) => ({ name: `grade ${grade}`, grade })),
  ...[0.5, 1, 2].flatMap((grade) => [
    {
      name: `grade ${grade}, text reversed`,
      grade,
      text: (text: readonly Int32Array[]) => text.map((l) => l.toReversed()),
    },
    {
      name: `grade ${grade}, text shuffled`,
      grade,
      text: (text: readonly Int32Array[], rng: Rng) =>
        text.map((line) => Int32Array.from(rng.shuffleInPlace(Array.from(line)))),
    },
    { name: `grade ${grade}, 5 sentences a line`, grade, text: (text: readonly Int32Array[]) => joined(text, 5) },
    { name: `grade ${grade}, 40 steps`, grade, steps: 40 },
    { name: `grade ${grade}, 100 steps`, grade, steps: 100 },
  ]),
  { name: 'noise', grade: 0, noise: true },
];

export async function* benchVerdict(options: VerdictOptions): AsyncGenerator<VerdictLine> {
  const rng = Rng.fromSeed(options.seed);
  const sentences = await readSentences(rng.fork('sentences'));
  for (const one of cases) {
    const own = rng.fork(one.name);
    const text = one.text ? one.text(sentences.text, own.fork('text')) : sentences.text;
    yield measure(one, { ...sentences, text }, options, own);
  }
  if (!options.other) return;
  const other = await readSentences(rng.fork('other'), { ...options.other, longest: 60 });
  // Phones that both have keep their names; the others of the text are new, and stand for nothing that is spoken.
  const phones = [...new Set([...sentences.phones, ...other.phones])];
  const index = new Map(phones.map((phone, i) => [phone, i]));
  const text = other.text.map((line) => line.map((v) => index.get(other.phones[v]!)!));
  for (const grade of [0, 0.5, 1, 2]) {
    const name = `grade ${grade}, text of ${options.other.language}`;
    yield measure({ name, grade }, { ...sentences, phones, text }, options, rng.fork(name));
  }
}

async function measure(one: Case, sentences: Sentences, options: VerdictOptions, rng: Rng): Promise<VerdictLine> {
  const grade = one.noise ? 0 : one.grade;
  const errors = {
    confusion: unit.confusion * grade,
    insertion: unit.insertion * grade,
    deletion: unit.deletion * grade,
    noise: unit.noise * grade,
  };
  const corpus = await simulate(sentences, errors, options.units, options.compute, rng);
  if (one.noise)
    for (const own of corpus.units) for (let i = 0; i < own.length; i++) own[i] = rng.integer(options.units);
  const config = { ...matchingConfig.parse(undefined), ...(one.steps ? { steps: one.steps } : {}) };
  const match = async (units: readonly Int32Array[], name: string): Promise<{ table: Float32Array; loss: number }> => {
    const { restarts, loss } = await matchNgrams({
      units,
      unitCount: options.units,
      sentences: corpus.text,
      phoneCount: corpus.phones.length,
      config,
      rng: rng.fork(name),
      compute: options.compute,
    });
    const judged = restarts.map(({ table }) => ({
      table,
      metric: corpus.textFit(transcribed(corpus, bestPhones(table, corpus.phones.length))).metric,
    }));
    return { table: judged.reduce((best, one) => (one.metric < best.metric ? one : best)).table, loss };
  };
  const { table, loss } = await match(corpus.units, 'whole');
  const backwards = await match(
    corpus.units.map((sequence) => sequence.toReversed()),
    'backwards',
  );
  const best = transcribed(corpus, bestPhones(table, corpus.phones.length));
  const names = best.slice(0, looked).map((line) => line.map((v) => corpus.phones[v]!));
  const facts = await factsFor(corpus, table, names, Math.log(backwards.loss / loss));
  const { verdict } = verdictOf(facts);
  return {
    run: one.name,
    per: rounded(errorRateOf(corpus, best)),
    soundPerplexity: rounded(facts.soundPerplexity ?? NaN),
    dependence: rounded(facts.dependence ?? NaN),
    rate: rounded(facts.rate ?? NaN),
    direction: rounded(facts.direction ?? NaN),
    verdict,
    seed: options.seed,
  };
}

async function factsFor(
  corpus: Corpus,
  table: Float32Array,
  alone: readonly string[][],
  direction: number,
): Promise<Facts> {
  const { phones, text, units } = corpus;
  const lines = text.map((line) => Array.from(line, (v) => phones[v]!));
  const held = lines.filter((_, i) => i % 10 === 0);
  const lm = estimateNgram(
    lines.filter((_, i) => i % 10 !== 0),
    { order: 4 },
  );
  const decoder = createDecoder({ phones: [...phones, silence], silence }, decodeConfig.parse({ method: 'beam' }), {
    phoneLm: lm,
  });
  const columns = phones.length + 1;
  const heard = alone.map((own, u) => {
    const rows = units[u]!.length;
    const logProbs = new Float32Array(rows * columns).fill(Math.log(1e-8));
    units[u]!.forEach((k, i) => {
      logProbs.set(table.subarray(k * phones.length, (k + 1) * phones.length), i * columns);
    });
    const emission = { logProbs, rows, ends: Int32Array.from({ length: rows }, (_, i) => i + 1) };
    return { alone: own, transcript: decoder.decode(emission).phones.map(({ text: phone }) => phone) };
  });
  const phonesPerSentence = lines.reduce((sum, { length }) => sum + length, 0) / lines.length;
  return factsOf(heard, lm, perplexity(lm, held), phonesPerSentence * heard.length, direction);
}
