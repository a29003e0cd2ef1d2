// A mixture of diagonal Gaussians for every phone, trained on labelled rows: starts as one and splits. What it cannot
// model, the noise in the labels, it does not learn: the opposite of a network, hence a good second judge.
import type { Compute } from '../core/stage.js';
import { Densities, logWeightedSum } from '../hmm/mixtures.js';
import { createGaussianScorer, GaussianSums, type Gaussians, type GaussianScorer } from '../hmm/gaussians.js';

export interface LabelledRows {
  /** [rows, dim] */
  readonly data: Float32Array;
  /** [rows] class, or -1 where it does not count. */
  readonly labels: Int16Array;
}

export interface Mixtures {
  readonly classes: number;
  /** Gaussians of one class; those of class v are v * components and on. */
  readonly components: number;
  readonly gaussians: Gaussians;
  /** [classes x components] natural logs; they sum to 1 over a class. */
  readonly logWeights: Float64Array;
}

export interface MixtureOptions {
  readonly classes: number;
  readonly dim: number;
  /** A power of two. */
  readonly components: number;
  /** Passes of EM after each split. */
  readonly passes: number;
  readonly varianceFloor: number;
}

const priorFrames = 5;
const splitDeviation = 0.2;

/** @param rows read once a pass, in the same order */
export async function trainMixtures(
  rows: () => AsyncIterable<LabelledRows>,
  options: MixtureOptions,
): Promise<Mixtures> {
  let mixtures = await pass(rows, undefined, options);
  for (let components = 2; components <= options.components; components *= 2) {
    mixtures = split(mixtures);
    for (let n = 0; n < options.passes; n++) mixtures = await pass(rows, mixtures, options);
  }
  return mixtures;
}

/** One pass of EM, or the single Gaussians to begin with. */
async function pass(
  rows: () => AsyncIterable<LabelledRows>,
  given: Mixtures | undefined,
  { classes, dim, varianceFloor }: MixtureOptions,
): Promise<Mixtures> {
  const components = given?.components ?? 1;
  const sums = new GaussianSums(classes * components, dim);
  const shares = new Float64Array(components).fill(1);
  const densities = given && densitiesOf(given);
  for await (const { data, labels } of rows()) {
    for (let t = 0; t < labels.length; t++) {
      const v = labels[t]!;
      if (v < 0) continue;
      densities?.shares(v, data, t, shares);
      for (let k = 0; k < components; k++) if (shares[k]! > 1e-3) sums.add(v * components + k, shares[k]!, data, t);
    }
  }
  const logWeights = new Float64Array(classes * components);
  for (let v = 0; v < classes; v++) {
    const own = sums.weights.subarray(v * components, (v + 1) * components);
    const total = own.reduce((a, b) => a + b, 0) + components;
    for (let k = 0; k < components; k++) logWeights[v * components + k] = Math.log((own[k]! + 1) / total);
  }
  return { classes, components, gaussians: sums.estimate(varianceFloor, priorFrames), logWeights };
}

/** Of its Gaussians, one class after the other. */
const densitiesOf = ({ classes, components, gaussians, logWeights }: Mixtures): Densities =>
  new Densities({
    ...gaussians,
    start: Int32Array.from({ length: classes + 1 }, (_, v) => v * components),
    logWeights,
  });

/** Each Gaussian becomes two, a fifth of a deviation to either side. */
function split({ classes, components, gaussians: { dim, means, variances }, logWeights }: Mixtures): Mixtures {
  const states = classes * components * 2;
  const next = { states, dim, means: new Float32Array(states * dim), variances: new Float32Array(states * dim) };
  const weights = new Float64Array(states);
  for (let s = 0; s < states; s++) {
    weights[s] = logWeights[s >> 1]! - Math.LN2;
    for (let d = 0; d < dim; d++) {
      const from = (s >> 1) * dim + d;
      next.variances[s * dim + d] = variances[from]!;
      next.means[s * dim + d] = means[from]! + (s & 1 ? 1 : -1) * splitDeviation * Math.sqrt(variances[from]!);
    }
  }
  return { classes, components: components * 2, gaussians: next, logWeights: weights };
}

export interface MixtureScorer {
  /** @returns [rows, classes] natural log densities, new each time */
  score(data: Float32Array, rows: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export const createMixtureScorer = async (mixtures: Mixtures, compute: Compute): Promise<MixtureScorer> =>
  mixtureScorerOf(mixtures, await createGaussianScorer(mixtures.gaussians, compute));

/** @param scorer of its Gaussians, wherever they are computed */
export function mixtureScorerOf(
  { classes, components, logWeights }: Pick<Mixtures, 'classes' | 'components' | 'logWeights'>,
  scorer: Pick<GaussianScorer, 'score' | 'dispose'>,
): MixtureScorer {
  return {
    async score(data, rows) {
      const parts = await scorer.score(data, rows);
      const scores = new Float32Array(rows * classes);
      for (let t = 0, i = 0; t < rows; t++)
        for (let v = 0; v < classes; v++, i++)
          scores[i] = logWeightedSum(parts, t * classes * components, logWeights, v * components, (v + 1) * components);
      return scores;
    },
    dispose: () => scorer.dispose(),
  };
}
