// The names of what goes wrong in a training without labels, and the judgement of one evaluation by them.
import type { GanConfig } from './config.js';
import type { GeneratorEvaluation } from './evaluate.js';

export const collapseCauses = [
  'diverged',
  'silence everywhere',
  'mode collapse',
  'vocabulary use',
  'length ratio',
  'text and audio rates differ',
  'discriminator won',
  'generator outruns discriminator',
] as const;
export type CollapseCause = (typeof collapseCauses)[number];

export interface Collapse {
  readonly cause: CollapseCause;
  /** The numbers behind it, for people. */
  readonly reason: string;
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;

/**
 * @param phonesPerLine phones without silence in an average line of text.
 * @returns what is wrong with the transcripts, if anything
 */
export function collapseOf(
  { score, phonesPerUtterance }: GeneratorEvaluation,
  phonesPerLine: number,
  config: GanConfig['collapse'],
): Collapse | undefined {
  const { metric, vocabularySeen, topShare = 0 } = score;
  const ratio = phonesPerUtterance / phonesPerLine;
  if (!Number.isFinite(metric))
    return {
      cause: 'silence everywhere',
      reason: 'the best evaluation has no finite metric: nothing but silence comes out',
    };
  if (topShare > config.topShare)
    return { cause: 'mode collapse', reason: `one phone makes up ${percent(topShare)} of the output` };
  if (vocabularySeen < config.vocabulary)
    return { cause: 'vocabulary use', reason: `only ${percent(vocabularySeen)} of the phones are used` };
  if (ratio < config.shortest || ratio > config.longest) {
    return {
      cause: 'length ratio',
      reason:
        `${phonesPerUtterance.toFixed(1)} phones come out for an utterance, ` +
        `${phonesPerLine.toFixed(1)} stand in a line of text`,
    };
  }
  return undefined;
}

/**
 * A discriminator that takes output for text and text for output is not merely unsure: it runs behind a generator that
 * has moved on before each of its steps, and pushes it in circles.
 */
export function outrun(
  { discriminatorAccuracy }: Pick<GeneratorEvaluation, 'discriminatorAccuracy'>,
  config: GanConfig['collapse'],
): Collapse | undefined {
  return discriminatorAccuracy !== undefined && discriminatorAccuracy < config.outrun
    ? {
        cause: 'generator outruns discriminator',
        reason: `it tells ${percent(discriminatorAccuracy)} of text and output apart, fewer than by guessing`,
      }
    : undefined;
}

/**
 * Whether to go on: a training whose last `config.patience` evaluations all collapsed is given up, and so is
 * one that all that time did not get better while its discriminator told everything apart, since the generator
 * then gets no gradient, or was outrun.
 */
export function givenUp(
  evaluations: readonly GeneratorEvaluation[],
  phonesPerLine: number,
  config: GanConfig['collapse'],
): Collapse | undefined {
  const { patience } = config;
  if (patience === 0 || evaluations.length < patience) return undefined;
  const last = evaluations.slice(-patience);
  const found = last.map((evaluation) => collapseOf(evaluation, phonesPerLine, config));
  if (found.every((collapse) => collapse !== undefined)) return found.at(-1);
  const best = Math.min(...evaluations.slice(0, -patience).map(({ score }) => score.metric));
  const won = last.every(
    ({ discriminatorAccuracy = 0, score }) => discriminatorAccuracy > config.discriminator && score.metric >= best,
  );
  const behind = last.map((evaluation) => outrun(evaluation, config));
  if (behind.every((found) => found !== undefined) && last.every(({ score }) => score.metric >= best))
    return behind.at(-1);
  return won
    ? {
        cause: 'discriminator won',
        reason:
          `it tells ${percent(last.at(-1)?.discriminatorAccuracy ?? 1)} of text and ` +
          'output apart, and the metric no longer falls',
      }
    : undefined;
}
