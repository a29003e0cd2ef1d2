// Which of several runs to keep, without labels: the lowest metric (among HMMs with their likelihood, which is
// one of the same frames), the three steps of the wav2vec-U paper, or, for rounds of the bootstrap, the run
// whose sound alone is most like text.
import type { LearnConfig } from './config.js';
import type { LearnRun } from './method.js';

const tolerance = Math.log10(1.2);

/**
 * The best run that did not collapse; of collapsed ones only when there is no other. Ties go to the first.
 * @param framesPerSecond of the frames that HMMs see
 * @throws RangeError on an empty list
 */
export function chooseRun(runs: readonly LearnRun[], rule: LearnConfig['choice'], framesPerSecond = 100): LearnRun {
  const alive = runs.filter((run) => run.state !== 'collapsed');
  const candidates = alive.length > 0 ? alive : runs;
  const first = candidates[0];
  if (!first) throw new RangeError('chooseRun: no runs');
  // What a weak network hears is left to the language model, which likes its own words: by the metric alone first
  // rounds were chosen that were far from the best.
  if (rule === 'metric' && candidates.every(({ soundPerplexity }) => soundPerplexity !== undefined))
    return lowest(candidates, first, ({ soundPerplexity }) => soundPerplexity!);
  if (rule === 'paper') return paperChoice(candidates, first);
  const best = lowest(candidates, first, (run) => run.score.metric);
  return best.method === 'hmm'
    ? lowest(
        candidates.filter(({ method }) => method === 'hmm'),
        best,
        doubtOf(phoneSeconds * framesPerSecond),
      )
    : best;
}

/**
 * An HMM's loss is the negative log-likelihood of a frame under the text's language model, less that of one
 * Gaussian: low where sound and text fit each other. The metric's logarithm is one of a phone, which lasts
 * about seven frames of 10 ms. On 26 runs of learn 5 to 10 choose alike: on average 1.1 % more errors than the
 * best run has, 4.6 % at most, but 7.2 % on one of an older version; with 1 it is 1.2 % and up to 6.3 %,
 * without the likelihood 2.7 % and up to 9.3 %.
 */
const doubtOf =
  (phoneFrames: number) =>
  ({ score, loss }: LearnRun): number =>
    Math.log(score.metric) + phoneFrames * (loss ?? Infinity);
const phoneSeconds = 0.07;

const lowest = (runs: readonly LearnRun[], first: LearnRun, value: (run: LearnRun) => number): LearnRun =>
  runs.reduce((best, run) => (value(run) < value(best) ? run : best), first);

/**
 * Baevski et al. 2021, section 3.3: the anchor has the lowest NLL - log U (per phone); runs stay whose NLL is below the
 * anchor's + log(U / U anchor) + log 1.2; of those the one with the highest total LM probability wins, which favours
 * output that is not too long. Logs are base 10 here, as the scores are.
 */
function paperChoice(runs: readonly LearnRun[], first: LearnRun): LearnRun {
  const nll = ({ score }: LearnRun): number => Math.log10(score.perplexity);
  const use = ({ score }: LearnRun): number => Math.log10(score.vocabularySeen);
  const anchor = lowest(runs, first, (run) => nll(run) - use(run));
  const kept = runs.filter((run) => run === anchor || nll(run) < nll(anchor) + use(run) - use(anchor) + tolerance);
  return lowest(kept, anchor, (run) => -run.score.logProb10);
}
