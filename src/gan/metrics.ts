// One line of metrics for each update, for a plot of the run and for catching what goes wrong where it appears.
import { AsrError } from '../core/errors.js';
import { adversaryOf } from './adversaries.js';
import type { GanConfig } from './config.js';
import type { StepMaterial } from './feeds.js';
import { labelPerplexity } from './join.js';

export interface UpdateMetrics extends Readonly<Record<string, number | string>> {
  /** Counted from 0. */
  readonly update: number;
  readonly network: 'generator' | 'discriminator';
}

const mean = (values: ArrayLike<number>): number =>
  Array.prototype.reduce.call<ArrayLike<number>, [(sum: number, x: number) => number, number], number>(
    values,
    (sum, x) => sum + x,
    0,
  ) / values.length;
const share = (values: Float32Array, test: (x: number) => boolean): number =>
  values.filter(test).length / values.length;

/** Of pairs the share whose output scores above its line of text; of single ones that on the right side of 0. */
const accuracy = (fake: Float32Array, real: Float32Array, config: Pick<GanConfig, 'loss'>): number =>
  adversaryOf(config).paired
    ? share(
        fake.map((x, b) => x - real[b]!),
        (x) => x > 0,
      )
    : (share(fake, (x) => x > 0) + share(real, (x) => x < 0)) / 2;

const hint =
  'Lower the learning rates or the penalty weights, or scale the segment vectors to unit ' +
  'variance; the last checkpoint is from before this.';

/** A training whose numbers stopped being finite; its last checkpoint is from before. */
export class DivergedError extends AsrError {
  /** @param update counted from 0, in which it happened */
  constructor(
    readonly update: number,
    message: string,
  ) {
    super('model', message, hint);
    this.name = 'DivergedError';
  }
}

/**
 * Adding zero times a value finds out at one pass whether all are finite; the one that is not is looked for only then.
 */
export function firstNotFinite(values: Float32Array): number | undefined {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i]!;
  return sum === 0 ? undefined : values.find((x) => !Number.isFinite(x));
}

/**
 * Looks at tensors of one update, in the order in which they depend on each other.
 * @throws DivergedError naming update, network and the first tensor that holds a number that is not finite
 */
export function requireFinite(
  update: number,
  network: UpdateMetrics['network'],
  tensors: Iterable<readonly [string, Float32Array]>,
): void {
  for (const [name, values] of tensors) {
    const wrong = firstNotFinite(values);
    if (wrong !== undefined) throw new DivergedError(update, `gan: update ${update} (${network}): ${name} is ${wrong}`);
  }
}

/**
 * @param outputs of a step: scalars, and the scores of both inputs
 */
export function updateMetrics(
  { update, network }: Pick<UpdateMetrics, 'update' | 'network'>,
  outputs: Readonly<Record<string, Float32Array>>,
  { batch, joined, shape, config }: Pick<StepMaterial, 'batch' | 'joined' | 'shape' | 'config'>,
): UpdateMetrics {
  const scalars: Record<string, number> = {};
  for (const [name, values] of Object.entries(outputs)) {
    if (values.length === 1 && !name.endsWith('Scores')) scalars[name] = values[0]!;
  }
  const { fakeScores, realScores, gradientNorm } = outputs;
  const counts = new Int32Array(shape.classes);
  for (const labels of joined.labels) for (const label of labels) counts[label]!++;
  const joinedLength = mean(joined.frames.map((frames) => frames.length));
  const textLength = mean(batch.lines.map((line) => line.length));
  return {
    update,
    network,
    ...scalars,
    clipped: (gradientNorm?.[0] ?? 0) > config.clipNorm ? 1 : 0,
    /** Share of utterances and lines told apart; 0.5 is a guess. */
    ...(fakeScores && realScores ? { discriminatorAccuracy: accuracy(fakeScores, realScores, config) } : {}),
    codePerplexity: labelPerplexity(counts),
    joinedLength,
    textLength,
    lengthRatio: joinedLength / textLength,
  };
}
