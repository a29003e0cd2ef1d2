// What a training run hands back, and the judgement whether it found anything, without labels.
import { collapseOf, outrun, type Collapse, type CollapseCause } from './collapse.js';
import type { GanConfig } from './config.js';
import type { GeneratorEvaluation } from './evaluate.js';
import type { GeneratorWeights } from './generator.js';

/**
 * converged: nothing speaks against it; collapsed: it gave up part of the task; unconverged: plainly worse than text.
 */
export type GanOutcome = 'converged' | 'unconverged' | 'collapsed';

export interface GanResult {
  /** The best generator seen, phones only (special classes are left out). */
  readonly generator: GeneratorWeights;
  readonly best: GeneratorEvaluation;
  readonly evaluations: readonly GeneratorEvaluation[];
  readonly state: GanOutcome;
  /** Why it was judged so, for people. */
  readonly reason: string;
  /** Where it collapsed. */
  readonly cause?: CollapseCause;
  /** Why it was ended before its time. */
  readonly stopped?: Collapse;
  readonly updates: number;
}

export interface OutcomeOptions {
  /** Phones without silence in an average line of text. */
  readonly phonesPerLine: number;
  readonly config: GanConfig['collapse'];
  /** The metric of held-out text, when known. */
  readonly textMetric?: number | undefined;
  /** Why the run was given up. */
  readonly stopped?: Collapse | undefined;
  /** The last evaluation, if it is not the best one. */
  readonly latest?: GeneratorEvaluation | undefined;
}

/** @param best evaluation of a run. @returns how the run ended, and why it is called so */
export function outcomeOf(
  best: GeneratorEvaluation,
  { phonesPerLine, config, textMetric, stopped, latest = best }: OutcomeOptions,
): Pick<GanResult, 'state' | 'reason' | 'cause'> {
  const { metric, vocabularySeen } = best.score;
  const collapse = collapseOf(best, phonesPerLine, config);
  if (collapse) return { state: 'collapsed', ...collapse };
  const converged = textMetric === undefined || metric <= config.overText * textMetric;
  if (stopped && !converged) return { state: 'collapsed', ...stopped };
  const behind = converged ? undefined : outrun(latest, config);
  if (behind) return { state: 'collapsed', ...behind };
  if (!converged)
    return {
      state: 'unconverged',
      reason: `the metric is ${metric.toFixed(1)}, that of held-out text ${textMetric.toFixed(1)}`,
    };
  return {
    state: 'converged',
    reason: `metric ${metric.toFixed(1)}, ${(100 * vocabularySeen).toFixed(0)} % of the phones used`,
  };
}
