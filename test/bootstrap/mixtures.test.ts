import { describe, expect, it } from 'vitest';
import { createMixtureScorer, trainMixtures, type LabelledRows } from '../../src/bootstrap/mixtures.js';
import { Rng } from '../../src/core/rng.js';

const compute = { engine: 'cpu' as const, threads: 1 };

/** Class 0 has two clusters, at -3 and 3, class 1 one at 0; rows without a label lie far away. */
function rows(): LabelledRows {
  const rng = Rng.fromSeed('mixtures');
  const count = 3000;
  const labels = Int16Array.from({ length: count }, (_, i) => (i % 10 === 9 ? -1 : i % 2));
  const data = Float32Array.from(labels, (label, i) =>
    label < 0 ? 100 : label === 1 ? rng.normal() : (i % 4 === 0 ? -3 : 3) + 0.5 * rng.normal(),
  );
  return { data, labels };
}

describe('mixtures of Gaussians', () => {
  it('split to where the rows of a class are, and leave unlabelled rows out', async () => {
    const given = rows();
    const { gaussians, logWeights } = await trainMixtures(
      async function* () {
        yield given;
      },
      { classes: 2, dim: 1, components: 2, passes: 40, varianceFloor: 0.01 },
    );
    const means = [...gaussians.means.subarray(0, 2)].sort((a, b) => a - b);
    expect(means[0]).toBeCloseTo(-3, 0);
    expect(means[1]).toBeCloseTo(3, 0);
    expect(Math.exp(logWeights[0]!) + Math.exp(logWeights[1]!)).toBeCloseTo(1, 6);
    expect(Math.abs(gaussians.means[2]!)).toBeLessThan(1.5);
  });

  it('score as the sum over components says', async () => {
    const gaussians = { states: 2, dim: 1, means: Float32Array.of(0, 2), variances: Float32Array.of(1, 4) };
    const scorer = await createMixtureScorer(
      { classes: 1, components: 2, gaussians, logWeights: Float64Array.of(Math.log(0.25), Math.log(0.75)) },
      compute,
    );
    const density = (x: number, mean: number, variance: number): number =>
      Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
    const scores = await scorer.score(Float32Array.of(0, 1.5), 2);
    await scorer.dispose();
    [0, 1.5].forEach((x, i) => {
      expect(scores[i]).toBeCloseTo(Math.log(0.25 * density(x, 0, 1) + 0.75 * density(x, 2, 4)), 4);
    });
  });
});
