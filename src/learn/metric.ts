// Judges transcripts without labels: how predictable they are for a language model of the unpaired text, how much of
// the phone set they use, and how long they are. Reference: wav2vec-U's validation, ppl / usage² (fairseq code).
import type { CollapseCause } from '../gan/collapse.js';
import { Perplexity, type NgramModel } from '../lm/ngram.js';

export interface LabelFreeScore extends Readonly<Record<string, number>> {
  /** perplexity / vocabularySeen²; lower is better, Infinity when nothing comes out. */
  readonly metric: number;
  readonly perplexity: number;
  /** Share of the phone set that occurs at least once. */
  readonly vocabularySeen: number;
  /** Natural log of phones per utterance over phones per sentence of the text. */
  readonly logLengthRatio: number;
  /** Share of the most frequent phone among all phones that come out. */
  readonly topShare: number;
  /** Total log10 probability of all transcripts. */
  readonly logProb10: number;
}

export type TextFit = (transcripts: Iterable<ArrayLike<number>>) => LabelFreeScore;

export interface TextFitOptions {
  readonly lm: NgramModel;
  /** Symbols by phone index, without silence. */
  readonly phones: readonly string[];
  /** Phones without silence in a mean sentence of the text. */
  readonly phonesPerSentence: number;
}

/**
 * @returns a function from transcripts (phone indexes, one per utterance; silence, which has the index behind them,
 * counts for nothing) to their score
 */
export function createTextFit({ lm, phones, phonesPerSentence }: TextFitOptions): TextFit {
  const ids = phones.map((phone) => lm.id(phone));
  return (transcripts) => {
    const sum = new Perplexity(lm);
    const counts = new Float64Array(phones.length);
    let symbols = 0;
    let utterances = 0;
    for (const transcript of transcripts) {
      const sentence: number[] = [];
      for (let i = 0; i < transcript.length; i++) {
        const phone = transcript[i]!;
        if (phone >= phones.length) continue; // silence
        sentence.push(ids[phone]!);
        counts[phone]! += 1;
      }
      sum.add(sentence);
      symbols += sentence.length;
      utterances++;
    }
    const perplexity = symbols === 0 ? Infinity : sum.value;
    const vocabularySeen = counts.reduce((seen, count) => seen + (count > 0 ? 1 : 0), 0) / phones.length;
    return {
      metric: symbols === 0 ? Infinity : perplexity / vocabularySeen ** 2,
      perplexity,
      vocabularySeen,
      logLengthRatio: Math.log(symbols / Math.max(1, utterances) / phonesPerSentence),
      topShare: symbols === 0 ? 1 : counts.reduce((a, b) => Math.max(a, b), 0) / symbols,
      logProb10: symbols === 0 ? -Infinity : -Math.log10(perplexity) * (symbols + utterances),
    };
  };
}

/** Bounds beyond which a run is taken for collapsed; wide, since choosing among sound runs is the metric's work. */
const bounds = { vocabulary: 0.4, topShare: 0.5, logLength: Math.log(3), overText: 3, logRate: Math.log(1.5) };

export type RunState = 'ok' | 'unconverged' | 'collapsed';

export interface Outcome {
  readonly state: RunState;
  /** Why it is not ok, for people. */
  readonly reason: string;
  /** Where it collapsed. */
  readonly cause?: CollapseCause;
}

/**
 * @param textMetric the metric that held-out text itself gets, when known
 * @param rateRatio segments of an utterance over phones of a sentence, when known: where
 * it is far from 1, lengths follow it
 */
export function runState(score: LabelFreeScore, textMetric?: number, rateRatio = 1): Outcome {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  const collapsed = (cause: CollapseCause, reason: string): Outcome => ({ state: 'collapsed', reason, cause });
  if (!Number.isFinite(score.metric)) return collapsed('silence everywhere', 'no phone comes out');
  if (score.topShare > bounds.topShare)
    return collapsed('mode collapse', `one phone makes up ${percent(score.topShare)} of the output`);
  if (score.vocabularySeen < bounds.vocabulary)
    return collapsed('vocabulary use', `only ${percent(score.vocabularySeen)} of the phones are used`);
  if (Math.abs(score.logLengthRatio) > bounds.logLength) {
    const logRate = Math.log(rateRatio);
    const reason =
      `utterances come out ${Math.exp(score.logLengthRatio).toFixed(2)}` + ' times as long as sentences of the text';
    const fromRates = Math.abs(logRate) > bounds.logRate && logRate * score.logLengthRatio > 0;
    return fromRates
      ? collapsed(
          'text and audio rates differ',
          `${reason}, and have ${rateRatio.toFixed(2)} times as many segments as those have phones`,
        )
      : collapsed('length ratio', reason);
  }
  if (textMetric !== undefined && score.metric > bounds.overText * textMetric) {
    return {
      state: 'unconverged',
      reason: `metric ${score.metric.toFixed(1)}, held-out text has ${textMetric.toFixed(1)}`,
    };
  }
  return { state: 'ok', reason: '' };
}
