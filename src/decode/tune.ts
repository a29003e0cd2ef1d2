// Chooses decoding weights without labels: the least ln(perplexity of what comes out) x distance to the greedy
// transcript, the criterion of wav2vec-U's unsupervised tuning (w2vu_generate.py). Perplexity alone would take
// whatever pleases the language model; the distance alone would change nothing. Words get the weights of phones, and
// as many that no list has as the text lets expect.
import { fitScore, type ScoreFit } from '../search/fit-score.js';
import type { DecodeConfig } from './config.js';
import { unknownScoreOf } from './unknown-scores.js';
import { greedyReferences, trialOf, tunedKeys, type TunedWeights, type TuningTask, type TuningTrial } from './trial.js';

export interface Tuning {
  readonly best: TuningTrial;
  /** In the order in which they were tried. */
  readonly trials: readonly TuningTrial[];
}

/**
 * How much of the phones' weight the word model gets: it says more of a phone than they do, and nothing is added for
 * every phone. Chosen on kerstin-de and an English corpus (Whisper base).
 */
const lmShareOfWords = 0.7;

/** Utterances that words are tried on: a word search takes ten times as long as one for phones. */
const wordUtterances = 60;

/**
 * Weights for words. A greedy transcript says little about words: near to it are those with the least help of the
 * language model. How far scores of the acoustic model may be trusted is the same for phones and words, so that their
 * weights are tuned on phones, which takes a fraction of the time. What is added for a word that no list has is fitted
 * until such words come as often as the text lets expect: what is misheard fits free phones better than any word, so
 * that their probability alone lets them swallow the known ones.
 * @param phonesPerWord of the text, for lists that are all there is; undefined = the word score stays as it is
 */
export async function tuneWords(task: TuningTask, phonesPerWord: number | undefined): Promise<Tuning> {
  const { emissions, config, parts, aims, onTrial } = task;
  const { best: ofPhones, trials } = await tunePhones({ ...task, config: { ...config, method: 'beam', beam: null } });
  const step = Math.max(1, emissions.length / wordUtterances);
  const some = emissions.filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step));
  const weighed = {
    ...config,
    lmWeight: lmShareOfWords * ofPhones.lmWeight,
    silenceWeight: ofPhones.silenceWeight,
  };
  const onSome: TuningTask = {
    ...task,
    emissions: some,
    aims: { ...aims, phones: aims.phones && (aims.phones * some.length) / emissions.length },
  };
  const references = greedyReferences(onSome);
  const ofWords: TuningTrial[] = [];
  const attempt = async (
    changed: Partial<DecodeConfig>,
    errorOf: (trial: TuningTrial) => number | undefined,
  ): Promise<TuningTrial> => {
    const trial = await trialOf({ ...onSome, config: { ...weighed, ...changed } }, references);
    const judged = { ...trial, ...pickUnk(changed), score: Math.abs(errorOf(trial) ?? Infinity) };
    ofWords.push(judged);
    onTrial(judged);
    return judged;
  };
  const { unknownShare } = config;
  if (parts.wordLm && parts.filler && config.unkWeight === null && unknownShare !== null) {
    await fitUnknown(unknownScoreOf(weighed, parts.wordLm), async (unkWeight) => {
      const error = (trial: TuningTrial): number => Math.log((trial.unknownShare || 1e-9) / unknownShare);
      const made = await attempt({ unkWeight }, error);
      return { made, error: error(made) };
    });
  } else {
    for (const wordScore of phonesPerWord === undefined ? [config.wordScore] : config.tune.wordScoreOfWords)
      await attempt({ wordScore }, (trial) =>
        trial.phonesPerWord === undefined || phonesPerWord === undefined
          ? undefined
          : Math.log(trial.phonesPerWord / phonesPerWord),
      );
  }
  const best = ofWords.reduce((least, trial) => (trial.score < least.score ? trial : least));
  return { best, trials: [...trials, ...ofWords] };
}

const pickUnk = ({ unkWeight }: Partial<DecodeConfig>): Pick<TuningTrial, 'unkWeight'> =>
  typeof unkWeight === 'number' ? { unkWeight } : {};

/** Between these, in natural logs, unknown words are as rare or as frequent as anybody wants. */
const unkRange = { least: -20, most: 15 } as const;

/** To a tenth of the share: it is counted on few words. */
const fitUnknown = <T>(
  start: number,
  attempt: (unkWeight: number) => Promise<{ made: T; error: number }>,
): Promise<ScoreFit<T>> => fitScore(attempt, { start, ...unkRange, enough: 0.1 });

/** Weights for phones, by what is known of their number. */
export function tunePhones(task: TuningTask): Promise<Tuning> {
  const { phones, fitted } = task.aims;
  return phones !== undefined && fitted ? tuneAtLength(task) : tuneWeights(task);
}

/** Word scores between which the right one is looked for. */
const scoreRange = { least: -5, most: 9 } as const;

/**
 * Where it is known how many phones there should be: for every weight of the language model the word score with which
 * so many come out; of these choices, which are equally long, the one with the least score.
 */
export async function tuneAtLength(task: TuningTask): Promise<Tuning> {
  const { config, onTrial } = task;
  const references = greedyReferences(task);
  const [silenceWeight] = config.tune.silenceWeight as [number];
  let start = 1;
  const trials: TuningTrial[] = [];
  for (const lmWeight of config.tune.lmWeight) {
    const { made, score } = await fitScore(
      async (wordScore) => {
        const made = await trialOf({ ...task, config: { ...config, lmWeight, wordScore, silenceWeight } }, references);
        return { made, error: Math.log(made.lengthRatio || 1e-9) };
      },
      { start, ...scoreRange },
    );
    // The next weight wants a score near by.
    start = score;
    onTrial(made);
    trials.push(made);
  }
  return { best: trials.reduce((least, trial) => (better(trial, least) ? trial : least)), trials };
}

/**
 * Coordinate descent over the lists of the config: one weight after the other, the others held, until none changes.
 * Every choice is decoded once. Of equal choices, which are those at both lower bounds, the one wins that changes the
 * greedy transcript least and has the length that the text lets expect: shares of
 * phones edited, and missing or too many.
 */
export async function tuneWeights(task: TuningTask): Promise<Tuning> {
  const { config, onTrial } = task;
  const references = greedyReferences(task);
  const trials = new Map<string, TuningTrial>();
  const attempt = async (weights: TunedWeights): Promise<TuningTrial> => {
    const key = tunedKeys.map((name) => weights[name]).join(' ');
    const known = trials.get(key);
    if (known) return known;
    const trial = await trialOf({ ...task, config: { ...config, ...weights } }, references);
    trials.set(key, trial);
    onTrial(trial);
    return trial;
  };
  const values = config.tune;
  const middle = (list: readonly number[]): number => list[Math.floor(list.length / 2)] as number;
  let best = await attempt({
    lmWeight: middle(values.lmWeight),
    wordScore: middle(values.wordScore),
    silenceWeight: middle(values.silenceWeight),
  });
  for (let before: TuningTrial | undefined; best !== before;) {
    before = best;
    for (const name of tunedKeys) {
      for (const value of values[name]) {
        const trial = await attempt({
          lmWeight: best.lmWeight,
          wordScore: best.wordScore,
          silenceWeight: best.silenceWeight,
          [name]: value,
        });
        if (better(trial, best)) best = trial;
      }
    }
  }
  return { best, trials: [...trials.values()] };
}

const better = (trial: TuningTrial, best: TuningTrial): boolean =>
  trial.score < best.score || (trial.score === best.score && oddity(trial) < oddity(best));

const oddity = ({ distance: edited, lengthRatio }: TuningTrial): number =>
  edited + (lengthRatio === undefined ? 0 : Math.abs(Math.log(lengthRatio)));
