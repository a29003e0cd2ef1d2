// What the score stage found, read back from its folder: score.json and references.jsonl, for `asr run`, `asr demo` and
// the report, which get at references no other way.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { AsrError } from '../core/errors.js';
import { readJson, readJsonl } from '../core/jsonl.js';
import { groupReportSchema } from './groups.js';

const count = z.number().int().nonnegative();
const counts = { errors: count, length: count, insertions: count, deletions: count, substitutions: count };
const rated = z.object({ per: z.number(), ...counts });

/** One line of runs.jsonl in the score folder: a run of the learn stage, decoded greedily. */
export const scoredRunSchema = z.object({
  name: z.string(),
  chosen: z.boolean(),
  state: z.enum(['ok', 'unconverged', 'collapsed']),
  /** Label-free; null where it is not finite. */
  metric: z.number().nullable(),
  /** null where the run's model is not there any more, or cannot be used. */
  per: z.number().nullable(),
});
export type ScoredRun = z.infer<typeof scoredRunSchema>;

const choiceSchema = z.object({
  /** References that the runs were scored on, and runs that could be scored. */
  references: count,
  runs: count,
  /**
   * Spearman's, between metric and PER; null for fewer than three runs with a metric. 1 = the metric ranks as PER does.
   */
  rankCorrelation: z.number().nullable(),
  /** Greedily decoded, which is not how the result was: compare these rates only with each other. */
  chosen: z.object({ name: z.string(), per: z.number() }),
  best: z.object({ name: z.string(), per: z.number() }),
  /** PER of the chosen run less that of the best one. */
  regret: z.number().nonnegative(),
});
export type ChoiceReport = z.infer<typeof choiceSchema>;

export const reportSchema = z.object({
  /** Phone error rate, a fraction: errors / length. */
  per: z.number(),
  /** What it was measured on: the test split, or everything where there is none. */
  split: z.enum(['test', 'all']),
  ...counts,
  utterances: count,
  /** Rates of guesses that listen to nothing, on the same references. */
  trivial: z.object({
    randomSentence: z.number(),
    constantPhone: z.number(),
    /** Of guesses that are told how many phones each reference has, but not which. */
    atLength: z.object({ randomText: z.number(), constantPhone: z.number() }).optional(),
  }),
  bySplit: z.record(z.string(), rated),
  bySpeaker: z.record(z.string(), rated),
  /** By what is known of people and sound; absent in results of older versions. */
  groups: groupReportSchema.optional(),
  unit: z.enum(['words', 'phones']),
  /** Word errors on the same utterances; absent where words were not decoded, or references hold phones. */
  words: z
    .object({
      wer: z.number(),
      ...counts,
      /**
       * Of the words of the references that the text has: wrong or missing, over their number.
       * Insertions are no word of a reference.
       */
      inText: z.object({ wer: z.number(), errors: count, length: count }).optional(),
      /** Share of the references' words that the text does not have. */
      outside: z.number().optional(),
    })
    .optional(),
  /** Character errors of the same words, as sclite counts them: spaces left out. */
  characters: z.object({ cer: z.number(), ...counts }).optional(),
  /** What decode wrote and every pass of self-training, on the same references; absent where nothing was trained. */
  passes: z
    .array(z.object({ name: z.string(), chosen: z.boolean(), metric: z.number().nullable(), per: z.number() }))
    .optional(),
  /** How good the choice without labels was; absent where only the chosen run was scored. */
  choice: choiceSchema.optional(),
  /** Utterances without a hypothesis and recordings without usable sound, all deletions. */
  allDeletions: z.object({ undecoded: z.array(z.string()), unusable: z.array(z.string()) }),
});
export type ScoreReport = z.infer<typeof reportSchema>;

/** The guess that listens to nothing and does best; a result that is no better has recognised nothing. */
export function bestGuess({ trivial: { randomSentence, constantPhone, atLength } }: Pick<ScoreReport, 'trivial'>): {
  readonly name: string;
  readonly per: number;
} {
  const guesses = [
    { name: 'a random sentence of the text', per: randomSentence },
    { name: 'the most frequent phone', per: constantPhone },
    ...(atLength
      ? [
          { name: 'random text of the right length', per: atLength.randomText },
          { name: 'the most frequent phone at the right length', per: atLength.constantPhone },
        ]
      : []),
  ];
  return guesses.reduce((best, guess) => (guess.per < best.per ? guess : best));
}

/** Phones of the hypotheses over those of the references. */
export const lengthRatio = ({ length, insertions, deletions }: ScoreReport): number =>
  length === 0 ? 1 : (length + insertions - deletions) / length;

/** references.jsonl: a reference that could be scored, as phones, and as words where it holds them. */
export const scoredReferenceSchema = z.object({
  id: z.string(),
  phones: z.array(z.string()),
  words: z.array(z.string()).optional(),
});
export type ScoredReference = z.infer<typeof scoredReferenceSchema>;

/** The report of a finished score folder; undefined when the run had no references. */
export async function readScore(folder: string): Promise<ScoreReport | undefined> {
  const report = await readJson(join(folder, 'score.json'), z.union([reportSchema, z.object({ per: z.null() })]));
  return report.per === null ? undefined : report;
}

/** Every run of the learn stage with its error rate; none where only the chosen one was scored. */
export async function readScoredRuns(folder: string): Promise<ScoredRun[]> {
  const path = join(folder, 'runs.jsonl');
  const runs: ScoredRun[] = [];
  if (existsSync(path)) for await (const run of readJsonl(path, scoredRunSchema)) runs.push(run);
  return runs;
}

/** Every scored reference of a finished score folder that had references. */
export function scoredReferences(folder: string): AsyncGenerator<ScoredReference> {
  return readJsonl(join(folder, 'references.jsonl'), scoredReferenceSchema);
}

/** A scored reference. @throws AsrError 'input' when that id was not scored */
export async function readScoredReference(folder: string, id: string): Promise<ScoredReference> {
  for await (const reference of scoredReferences(folder)) if (reference.id === id) return reference;
  throw new AsrError(
    'input',
    `${folder}: "${id}" has no scored reference`,
    'skipped.jsonl there says which references were left out, and why.',
  );
}
