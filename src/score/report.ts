// score.json: the schema of what the score stage found, for `asr run`, `asr demo` and reports.
import { z } from 'zod';

const count = z.number().int().nonnegative();
const counts = { errors: count, length: count, insertions: count, deletions: count, substitutions: count };
const rated = z.object({ per: z.number(), ...counts });

export const reportSchema = z.object({
  /** Phone error rate, a fraction: errors / length. */
  per: z.number(),
  /** What it was measured on: the test split, or everything where there is none. */
  split: z.enum(['test', 'all']),
  ...counts,
  utterances: count,
  /** Rates of guesses that listen to nothing, on the same references. */
  trivial: z.object({ randomSentence: z.number(), constantPhone: z.number() }),
  bySplit: z.record(z.string(), rated),
  bySpeaker: z.record(z.string(), rated),
  unit: z.enum(['words', 'phones']),
  /** Utterances without a hypothesis and recordings without usable sound, all deletions. */
  allDeletions: z.object({ undecoded: z.array(z.string()), unusable: z.array(z.string()) }),
});
export type ScoreReport = z.infer<typeof reportSchema>;
