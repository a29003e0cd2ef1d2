// Whether learning arrived anywhere, from what is known without a label; one verdict for every method. A wrong map
// from sound to phones gives itself away in one of two places: what the sound alone says is no text (high
// perplexity), or the language model has written text over it (transcripts that would go with other sound as well).
// Where both leave it open, matching the same sound backwards decides. docs/stages.md has the runs on which the
// bounds were found.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../core/jsonl.js';

export const verdictNames = ['converged', 'doubtful', 'not converged'] as const;
export type VerdictName = (typeof verdictNames)[number];

const number = z.number().nullable();
export const factsSchema = z.object({
  /** Perplexity a phone of what the sound alone says, best phone by best phone, over that of held-out text. */
  soundPerplexity: number,
  /** The same of the transcripts. */
  perplexity: number,
  /** 1 = transcripts are what the sound alone says; 0 = they go with the sound of other utterances as well. */
  dependence: number,
  /**
   * ln of the loss of matching the sound played backwards over that of the sound as it is; null where it is not
   * known.
   */
  direction: number.default(null),
  /** Phones of the transcripts over those that the text lets expect. */
  rate: number,
  /** Share of the most frequent phone. */
  topShare: number,
  /** Utterances that were looked at. */
  utterances: z.number().int().nonnegative(),
});
/** Without labels; null where it cannot be known. */
export type Facts = z.infer<typeof factsSchema>;

export const verdictSchema = z.object({ verdict: z.enum(verdictNames), reason: z.string(), facts: factsSchema });
/** decode/verdict.json */
export type Verdict = z.infer<typeof verdictSchema>;

export const verdictFile = 'verdict.json';

/**
 * @param decode folder of the decode stage.
 * @returns undefined where a run ended before it, or is of an older version
 */
export async function readVerdict(decode: string): Promise<Verdict | undefined> {
  const path = join(decode, verdictFile);
  return existsSync(path) ? readJson(path, verdictSchema) : undefined;
}

/**
 * The most and the least that each name takes. `doubt` grows with the log perplexity of what the sound says and with
 * what the transcripts owe to the language model.
 */
const bounds = {
  /** Between English on log-mel frames (.92, PER .51 of a guess) and German sound with English text (1.05, .69). */
  converged: 1,
  doubtful: 2.2,
  /** Where sound and text belong together a weak map is worth something: each name takes more. */
  weak: { converged: 2.2, doubtful: 2.8 },
  topShare: 0.4,
  dependence: 0.1,
  rate: Math.log(1.6),
  lost: Math.log(3),
  /** So much better forwards, sound and text belong together; so little better, no map of them means anything. */
  belongs: 0.1,
  astray: 0.06,
};

/** ln(perplexity of what the sound says over text's) + 1 - dependence; both are near 0 where sound and text fit. */
export const doubtOf = ({ soundPerplexity, dependence }: Facts): number =>
  Math.max(0, Math.log(soundPerplexity ?? 1)) + (dependence === null ? 0 : 1 - dependence);

export function verdictOf(facts: Facts): Verdict {
  const { rate, topShare, utterances, direction, dependence } = facts;
  const verdict = (name: VerdictName, reason: string): Verdict => ({ verdict: name, reason, facts });
  if (utterances === 0) return verdict('doubtful', 'no utterance to judge by');
  if (rate === 0) return verdict('not converged', 'no phone comes out');
  if ((topShare ?? 0) > bounds.topShare)
    return verdict('not converged', `one phone makes up ${((topShare ?? 0) * 100).toFixed(0)} % of the transcripts`);
  if (dependence !== null && dependence < bounds.dependence)
    return verdict('not converged', `transcripts would go with any other sound of their length: ${inWords(facts)}`);
  const doubt = doubtOf(facts);
  const off = rate === null ? 0 : Math.abs(Math.log(rate));
  const rateIsOff = rate !== null && off > bounds.rate;
  if (!rateIsOff && doubt <= bounds.converged) return verdict('converged', inWords(facts));
  const length = rateIsOff ? `transcripts have ${rate.toFixed(2)} times the phones that are expected; ` : '';
  const better = ((Math.exp(direction ?? 0) - 1) * 100).toFixed(0);
  const way =
    direction === null ? '' : `; n-gram matching fits the sound ${better} % better than the same sound backwards`;
  const reason = `${length}${inWords(facts)}${way}`;
  const name = (most: { readonly converged: number; readonly doubtful: number }): VerdictName =>
    doubt <= most.converged ? 'converged' : doubt <= most.doubtful ? 'doubtful' : 'not converged';
  // Lines of the text may be of any length; where the direction is known, they say nothing.
  if (direction !== null && direction >= bounds.belongs) return verdict(name(bounds.weak), reason);
  if (direction !== null && direction < bounds.astray) return verdict('not converged', reason);
  const doubtful = doubt <= bounds.doubtful && (direction !== null || off <= bounds.lost);
  return verdict(doubtful ? 'doubtful' : 'not converged', reason);
}

function inWords({ soundPerplexity, dependence }: Facts): string {
  const text =
    soundPerplexity === null
      ? 'the text gives no perplexity to compare with'
      : `what the sound alone says is ${soundPerplexity.toFixed(2)} times as surprising as text`;
  return dependence === null ? text : `${text}, and transcripts follow it by ${(100 * dependence).toFixed(0)} %`;
}
