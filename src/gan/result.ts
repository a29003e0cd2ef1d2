// What a training run hands back, and the judgement whether it found anything, without labels.
import type { GanConfig } from './config.js';
import type { GanScore } from './evaluate.js';
import type { GeneratorWeights } from './generator.js';

export interface Evaluation {
  /** Updates done when it was made. */
  readonly update: number;
  readonly score: GanScore;
  /** Phones per utterance in the output, without silence. */
  readonly phonesPerUtterance: number;
}

/** converged: nothing speaks against it; collapsed: it gave up part of the task; unconverged: plainly worse than text. */
export type GanOutcome = 'converged' | 'unconverged' | 'collapsed';

export interface GanResult {
  /** The best generator seen, phones only (special classes are left out). */
  readonly generator: GeneratorWeights;
  readonly best: Evaluation;
  readonly evaluations: readonly Evaluation[];
  readonly state: GanOutcome;
  /** Why it was judged so, for people. */
  readonly reason: string;
  readonly updates: number;
}

/**
 * @param phonesPerLine phones without silence in an average line of text
 * @param textMetric the metric of held-out text, when known
 */
export function judge(best: Evaluation, phonesPerLine: number, config: GanConfig['collapse'], textMetric?: number): { state: GanOutcome; reason: string } {
  const { metric, vocabularySeen } = best.score;
  const ratio = best.phonesPerUtterance / phonesPerLine;
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  if (!Number.isFinite(metric)) return { state: 'collapsed', reason: 'the best evaluation has no finite metric: nothing but silence comes out' };
  if (vocabularySeen < config.vocabulary) return { state: 'collapsed', reason: `only ${percent(vocabularySeen)} of the phones are used` };
  if (ratio < config.shortest || ratio > config.longest) {
    return { state: 'collapsed', reason: `${best.phonesPerUtterance.toFixed(1)} phones come out for an utterance, ${phonesPerLine.toFixed(1)} stand in a line of text` };
  }
  if (textMetric !== undefined && metric > config.overText * textMetric) {
    return { state: 'unconverged', reason: `the metric is ${metric.toFixed(1)}, that of held-out text ${textMetric.toFixed(1)}` };
  }
  return { state: 'converged', reason: `metric ${metric.toFixed(1)}, ${percent(vocabularySeen)} of the phones used` };
}
