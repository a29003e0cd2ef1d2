// Where adversarial training finds a language from a random start: simulated speech of given purity, boundary errors,
// hours and text, several seeds each. One JSON line a training; what a file holds already is not trained again, so a
// night, a cluster or a GPU can fill it further.
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { readJsonl } from '../src/core/jsonl.js';
import { Rng } from '../src/core/rng.js';
import type { Compute } from '../src/core/stage.js';
import type { ConfigTree } from '../src/core/config.js';
import { bestPhones, collapse } from '../src/learn/collapse.js';
import { z } from 'zod';
import { match } from './simulated.js';
import {
  adversarial,
  errorRateOf,
  readSentences,
  simulate,
  transcribed,
  type Corpus,
  type TextSource,
} from './simulated-speech.js';
import { rounded } from './timing.js';

/**
 * What sharpens and hurries a training beside the reference's settings; docs/adversarial.md says how they were found.
 * The penalty is 1.5 divided by 39 phones: it was found as a mean over phones; ours is the sum, as in the reference.
 */
export const recommended = {
  clipScope: 'active',
  lrDecay: 0.3,
  gradientPenalty: 0.04,
  generator: { temperature: 0.33, lr: 1.6e-3 },
  discriminator: { lr: 2e-3 },
  collapse: { patience: 0 },
} as const;

/** A network and a corpus small enough that a training takes seconds; over the settings. */
const small = {
  batch: 12,
  smoothness: 0.1,
  codePenalty: 2,
  evaluationUtterances: 100,
  sessions: 16,
  generator: { lr: 8e-3 },
  discriminator: { dim: 16, kernel: 3, lr: 4e-3 },
} as const;
export type PhaseSize = 'full' | 'small';

/** What may help beside the recommended settings, each alone. */
const aids: Readonly<Record<string, ConfigTree>> = {
  recommended: {},
  relativistic: { loss: 'relativistic', gradientPenalty: 1 },
  spectral: { loss: 'spectral', discriminator: { spectralNorm: 2 } },
  'straight through': { generator: { straightThrough: true } },
  'like lengths': { text: { matched: true } },
  'noised text': { text: { deletion: 0.05, insertion: 0.05 } },
  'falling temperature': { course: { temperature: 3 } },
  'code penalty first': { course: { codePenalty: 3, smoothness: 0.3 } },
  pairs: { pairs: { weight: 1 } },
  'two views': { consistency: 1 },
  'short first': { curriculum: { by: 'length' } },
  'frequent first': { curriculum: { by: 'frequency' } },
};
/** Of `--settings`: what trains, or what matches n-grams instead. */
export const phaseSettings = ['reference', 'matching', ...Object.keys(aids)] as const;

export interface Condition {
  /** Share of segments that sound as their phone; the others sound like one of four. */
  readonly purity: number;
  /** Chance of an insertion and of a deletion, each. */
  readonly boundary: number;
  readonly hours: number;
  /** Sentences of unpaired text. */
  readonly sentences: number;
}

export interface PhaseOptions {
  readonly compute: Compute;
  readonly text: TextSource;
  readonly conditions: readonly Condition[];
  readonly seeds: readonly number[];
  /** Of `phaseSettings`. */
  readonly settings: readonly string[];
  readonly size: PhaseSize;
  readonly updates: number;
  /** JSONL; appended to. */
  readonly file: string;
}

const lineSchema = z.object({
  size: z.string().default('full'),
  settings: z.string(),
  purity: z.number(),
  boundary: z.number(),
  hours: z.number(),
  sentences: z.number(),
  seed: z.number(),
  updates: z.number(),
  per: z.number(),
  oracle: z.number(),
  metric: z.number(),
  cpu: z.number(),
});
export type PhaseLine = z.infer<typeof lineSchema>;

const keyOf = ({ size, settings, purity, boundary, hours, sentences, seed, updates }: PhaseLine): string =>
  [size, settings, purity, boundary, hours, sentences, seed, updates].join();

/** Phones a second of the speech that is simulated: what makes hours of phones. */
const phoneRate = 12;
const noise = 0.5;
/** Phones that one is taken for, as real encoders err among a few. */
const alike = 4;

export async function* benchPhase(options: PhaseOptions): AsyncGenerator<PhaseLine> {
  const done = new Set<string>();
  if (existsSync(options.file))
    for await (const line of readJsonl(options.file, lineSchema)) {
      done.add(keyOf(line));
      yield line;
    }
  const all = await readSentences(Rng.fromSeed('sentences'), options.text);
  for (const condition of options.conditions) {
    let corpus: Corpus | undefined;
    for (const { seed, settings } of options.seeds.flatMap((seed) =>
      options.settings.map((settings) => ({ seed, settings })),
    )) {
      const line = { size: options.size, ...condition, settings, seed, updates: options.updates };
      if (done.has(keyOf({ ...line, per: 0, oracle: 0, metric: 0, cpu: 0 }))) continue;
      corpus ??= await corpusOf(all, condition, options.compute);
      const before = process.cpuUsage();
      const transcripts = await learned(corpus, settings, options, Rng.fromSeed(`phase ${seed}`));
      const { user, system } = process.cpuUsage(before);
      const trained: PhaseLine = {
        ...line,
        per: errorRateOf(corpus, transcripts),
        oracle: errorRateOf(
          corpus,
          corpus.heard.map((sounds) => collapse(sounds)),
        ),
        metric: rounded(corpus.textFit(transcripts).metric),
        cpu: Math.round((user + system) / 1e6),
      };
      await appendFile(options.file, `${JSON.stringify(trained)}\n`);
      yield trained;
    }
  }
}

async function learned(
  corpus: Corpus,
  settings: string,
  { compute, size, updates }: PhaseOptions,
  rng: Rng,
): Promise<number[][]> {
  if (settings === 'matching') {
    const table = await match(corpus, { units: corpus.phones.length, compute }, rng);
    return transcribed(corpus, bestPhones(table, corpus.phones.length));
  }
  const { transcripts } = await adversarial(
    corpus,
    [
      settings === 'reference' ? {} : recommended,
      ...(size === 'small' ? [small, { gradientPenalty: 1.5 / corpus.phones.length }] : []),
      aids[settings] ?? {},
      {
        updates,
        checkpointEvery: updates,
        metricsEvery: 100,
        evaluateEvery: size === 'small' ? Math.ceil(updates / 10) : 1000,
      },
    ],
    compute,
    rng,
  );
  return transcripts;
}

async function corpusOf(
  all: Awaited<ReturnType<typeof readSentences>>,
  { purity, boundary, hours, sentences }: Condition,
  compute: Compute,
): Promise<Corpus> {
  const wanted = hours * 3600 * phoneRate;
  let phones = 0;
  const spoken = all.spoken.filter((line) => phones < wanted && (phones += line.length) > 0);
  const errors = { confusion: 1 - purity, alike, insertion: boundary, deletion: boundary, noise };
  const rng = Rng.fromSeed(`corpus ${purity} ${boundary}`);
  return simulate({ ...all, spoken, text: all.text.slice(0, sentences) }, errors, all.phones.length, compute, rng);
}
