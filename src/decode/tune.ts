// Chooses decoding weights without labels: the least ln(perplexity of what comes out) x distance to the greedy
// transcript, the criterion of wav2vec-U's unsupervised tuning (w2vu_generate.py). Perplexity alone would take
// whatever pleases the language model; the distance alone would change nothing. Words get the weights of phones, and
// the word score with which they are about as long as in the text.
import type { Emission, Symbols } from '../learn/emission.js';
import { fitScore } from '../search/fit-score.js';
import type { DecodeConfig } from './config.js';
import type { DecoderParts } from './decoder.js';
import { greedyReferences, trialOf, tunedKeys, type TextAims, type TunedWeights, type TuningTrial } from './trial.js';

export interface Tuning {
  readonly best: TuningTrial;
  /** In the order in which they were tried. */
  readonly trials: readonly TuningTrial[];
}

/**
 * Weights for words. A greedy transcript says little about words: near to it are those with the least help of the
 * language model. How far scores of the acoustic model may be trusted is the same for phones and words, so that their
 * weights are tuned on phones, which takes a fraction of the time.
 * @param phonesPerWord of the text; undefined = the word score stays as it is
 */
export function tuneWords(
  symbols: Symbols,
  emissions: readonly Emission[],
  config: DecodeConfig,
  parts: DecoderParts,
  aims: TextAims,
  phonesPerWord: number | undefined,
  onTrial: (trial: TuningTrial) => void,
): Tuning {
  const { best: ofPhones, trials } = tunePhones(
    symbols,
    emissions,
    { ...config, method: 'beam', beam: null },
    parts,
    aims,
    onTrial,
  );
  const { lmWeight, silenceWeight } = ofPhones;
  const wordScores = phonesPerWord === undefined ? [config.wordScore] : config.tune.wordScoreOfWords;
  const references = greedyReferences(symbols, emissions, config);
  const ofWords = wordScores.map((wordScore): TuningTrial => {
    const trial = trialOf(
      symbols,
      emissions,
      references,
      { ...config, lmWeight, silenceWeight, wordScore },
      parts,
      aims,
    );
    const score =
      trial.phonesPerWord === undefined || phonesPerWord === undefined
        ? Infinity
        : Math.abs(Math.log(trial.phonesPerWord / phonesPerWord));
    const judged = { ...trial, score };
    onTrial(judged);
    return judged;
  });
  const best = ofWords.reduce((least, trial) => (trial.score < least.score ? trial : least));
  return { best, trials: [...trials, ...ofWords] };
}

/** Weights for phones, by what is known of their number. */
export function tunePhones(
  symbols: Symbols,
  emissions: readonly Emission[],
  config: DecodeConfig,
  parts: DecoderParts,
  aims: TextAims,
  onTrial: (trial: TuningTrial) => void,
): Tuning {
  const { phones, fitted } = aims;
  return phones !== undefined && fitted
    ? tuneAtLength(symbols, emissions, config, parts, { ...aims, phones }, onTrial)
    : tuneWeights(symbols, emissions, config, parts, aims, onTrial);
}

/** Word scores between which the right one is looked for. */
const scoreRange = { least: -5, most: 9 } as const;

/**
 * Where it is known how many phones there should be: for every weight of the language model the word score with which
 * so many come out; of these choices, which are equally long, the one with the least score.
 */
export function tuneAtLength(
  symbols: Symbols,
  emissions: readonly Emission[],
  config: DecodeConfig,
  parts: DecoderParts,
  aims: TextAims & { readonly phones: number },
  onTrial: (trial: TuningTrial) => void,
): Tuning {
  const references = greedyReferences(symbols, emissions, config);
  const [silenceWeight] = config.tune.silenceWeight as [number];
  let start = 1;
  const trials = config.tune.lmWeight.map((lmWeight) => {
    const { made, score } = fitScore(
      (wordScore) => {
        const weights = { lmWeight, wordScore, silenceWeight };
        const made = trialOf(symbols, emissions, references, { ...config, ...weights }, parts, aims);
        return { made, error: Math.log(made.lengthRatio || 1e-9) };
      },
      { start, ...scoreRange },
    );
    // The next weight wants a score near by.
    start = score;
    onTrial(made);
    return made;
  });
  return { best: trials.reduce((least, trial) => (better(trial, least) ? trial : least)), trials };
}

/**
 * Coordinate descent over the lists of the config: one weight after the other, the others held, until none changes.
 * Every choice is decoded once. Of equal choices, which are those at both lower bounds, the one wins that changes the
 * greedy transcript least and has the length that the text lets expect: shares of
 * phones edited, and missing or too many.
 */
export function tuneWeights(
  symbols: Symbols,
  emissions: readonly Emission[],
  config: DecodeConfig,
  parts: DecoderParts,
  aims: TextAims,
  onTrial: (trial: TuningTrial) => void,
): Tuning {
  const references = greedyReferences(symbols, emissions, config);
  const trials = new Map<string, TuningTrial>();
  const attempt = (weights: TunedWeights): TuningTrial => {
    const key = tunedKeys.map((name) => weights[name]).join(' ');
    const known = trials.get(key);
    if (known) return known;
    const trial = trialOf(symbols, emissions, references, { ...config, ...weights }, parts, aims);
    trials.set(key, trial);
    onTrial(trial);
    return trial;
  };
  const values = config.tune;
  const middle = (list: readonly number[]): number => list[Math.floor(list.length / 2)] as number;
  let best = attempt({
    lmWeight: middle(values.lmWeight),
    wordScore: middle(values.wordScore),
    silenceWeight: middle(values.silenceWeight),
  });
  for (let before: TuningTrial | undefined; best !== before;) {
    before = best;
    for (const name of tunedKeys) {
      for (const value of values[name]) {
        const trial = attempt({
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
