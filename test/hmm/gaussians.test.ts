// Diagonal Gaussians: estimates from weighted frames by hand, scores against the density written out.
import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { createGaussianScorer, evidenceOf, GaussianSums, oneGaussian } from '../../src/hmm/gaussians.js';

it('estimates weighted means and variances, with the floor and without a prior', () => {
  const sums = new GaussianSums(2, 1);
  const frames = Float32Array.of(1, 3, 10);
  sums.add(0, 1, frames, 0);
  sums.add(0, 3, frames, 1);
  sums.add(1, 0.5, frames, 2);
  const { means, variances } = sums.estimate(0.1, 0);
  expect([...means]).toEqual([2.5, 10]);
  expect(variances[0]).toBeCloseTo(0.75, 6);
  expect(variances[1]).toBeCloseTo(0.1, 6);
});

it('pulls a state that was hardly seen to all frames', () => {
  const sums = new GaussianSums(2, 1);
  const frames = Float32Array.of(0, 4);
  sums.add(0, 1, frames, 0);
  sums.add(0, 1, frames, 1);
  const { means, variances } = sums.estimate(0.1, 5);
  expect(means[1]).toBeCloseTo(2, 6);
  expect(variances[1]).toBeCloseTo(4, 6);
});

it('scores log densities over more than one block of frames', async () => {
  const gaussians = {
    states: 2,
    dim: 2,
    means: Float32Array.of(0, 1, -1, 0.5),
    variances: Float32Array.of(1, 0.5, 2, 0.25),
  };
  const scorer = await createGaussianScorer(gaussians, { engine: 'cpu', threads: 1 });
  const rows = 700;
  const frames = Float32Array.from({ length: rows * 2 }, (_, i) => Math.sin(i));
  const scores = await scorer.score(frames, rows);
  await scorer.dispose();
  for (const t of [0, 511, 512, 699]) {
    for (let s = 0; s < 2; s++) {
      let expected = 0;
      for (let d = 0; d < 2; d++) {
        const variance = gaussians.variances[s * 2 + d]!;
        expected -=
          0.5 * (Math.log(2 * Math.PI * variance) + (frames[t * 2 + d]! - gaussians.means[s * 2 + d]!) ** 2 / variance);
      }
      expect(scores[t * 2 + s]).toBeCloseTo(expected, 4);
    }
  }
});

it('says what frames tell of their states, in nats', () => {
  const rng = Rng.fromSeed(3);
  const count = 20_000;
  // Two states at -1 and 1 with variance 1/4: the variance of all is 5/4.
  const frames = Float32Array.from({ length: count }, (_, t) => (t % 2 === 0 ? -1 : 1) + 0.5 * rng.normal());
  const [states, all] = [new GaussianSums(2, 1), new GaussianSums(1, 1)];
  frames.forEach((_, t) => {
    states.add(t % 2, 1, frames, t);
    all.add(0, 1, frames, t);
  });
  expect(evidenceOf(states, all, 1e-3)).toBeCloseTo(0.5 * Math.log(5), 1);
  expect(evidenceOf(all, all, 1e-3)).toBeCloseTo(0, 6);
  expect(oneGaussian(all, 1e-3)).toBeCloseTo(-0.5 * (Math.log(2 * Math.PI * 1.25) + 1), 1);
});
