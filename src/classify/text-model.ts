// The file of the baseline: n-grams, labels and a weight for each pair, in JSON. Weights carry four digits, which
// changes no score by more than a thousandth.
import { z } from 'zod';
import { writeFileDurably } from '../core/durable.js';
import { AsrError } from '../core/errors.js';
import { readJson } from '../core/jsonl.js';
import type { Labeller } from './labeller.js';
import { probabilities, type LogisticWeights } from './logistic.js';
import { longest, ngramCounts, rowOf } from './ngrams.js';

export const mostLabels = 1000;
export const mostNgrams = 100_000;

const weight = z.number().min(-1e4).max(1e4);

export const textModelSchema = z.object({
  format: z.literal('asr text classifier'),
  version: z.literal(1),
  labels: z.array(z.string().min(1).max(200)).min(2).max(mostLabels),
  ngrams: z
    .array(
      z
        .string()
        .min(1)
        .max(2 * longest),
    )
    .min(1)
    .max(mostNgrams),
  /** By n-gram and the constant last, one a label. */
  weights: z.array(z.array(weight).max(mostLabels)).max(mostNgrams + 1),
  /** What `--train` measured on rows that it had not seen. */
  measured: z.object({
    rows: z.number().int().min(0).max(1e9),
    heldOut: z.number().int().min(0).max(1e9),
    accuracy: z.number().min(0).max(1),
    guess: z.number().min(0).max(1),
  }),
});
export type TextModel = z.infer<typeof textModelSchema>;

const digits = (value: number): number => Number(value.toPrecision(4));

/** Weights as rows by n-gram, the constants last. */
export function weightRows(weights: LogisticWeights, classes: number): number[][] {
  return Array.from({ length: weights.length / classes }, (_, i) =>
    Array.from(weights.subarray(i * classes, (i + 1) * classes), (value) =>
      digits(Math.min(1e4, Math.max(-1e4, value))),
    ),
  );
}

export const writeTextModel = (path: string, model: TextModel): Promise<void> =>
  writeFileDurably(path, `${JSON.stringify(model)}\n`);

/** @throws AsrError 'model' for a file that is no such model */
export async function openTextModel(path: string): Promise<Labeller> {
  const model = await readJson(path, textModelSchema).catch((error: unknown) => {
    if (error instanceof AsrError && error.code === 'input')
      throw new AsrError('model', error.message, 'asr classify --train TABLE --out FILE.json makes one.', error);
    throw error;
  });
  const { labels, ngrams, weights } = model;
  if (weights.length !== ngrams.length + 1 || weights.some((row) => row.length !== labels.length))
    throw new AsrError(
      'model',
      `${path}: weights for ${weights.length - 1} n-grams and ${weights[0]?.length ?? 0} labels, ` +
        `expected ${ngrams.length} and ${labels.length}`,
      'Train it again.',
    );
  return textLabeller(labels, ngrams, Float64Array.from(weights.flat()));
}

/** The same from what training holds. */
export function textLabeller(labels: readonly string[], ngrams: readonly string[], weights: LogisticWeights): Labeller {
  const indexOf = new Map(ngrams.map((ngram, i) => [ngram, i]));
  return {
    labels,
    several: false,
    scores: (texts) =>
      Promise.resolve(
        texts.map((text) => {
          const out = new Float64Array(labels.length);
          probabilities(weights, rowOf(ngramCounts(text), indexOf), labels.length, ngrams.length, out);
          return out;
        }),
      ),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
