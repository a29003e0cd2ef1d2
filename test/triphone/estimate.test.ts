import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { allocate, MixtureSums, singleGaussians, split } from '../../src/triphone/estimate.js';
import { createDensityScorer, Densities } from '../../src/hmm/mixtures.js';

const dim = 2;

/** Two states: one of two clouds far apart, one of a single cloud. */
function clouds(): { frames: Float32Array; states: number[] } {
  const rng = Rng.fromSeed(1);
  const states: number[] = [];
  const frames = Float32Array.from({ length: 2000 * dim }, (_, i) => {
    const t = Math.floor(i / dim);
    if (i % dim === 0) states.push(t % 2);
    const centre = t % 2 === 1 ? [5, 5] : t % 8 === 0 ? [-3, 0] : [3, 0];
    return centre[i % dim]! + 0.5 * rng.normal();
  });
  return { frames, states };
}

describe('mixtures', () => {
  it('never lose likelihood from one estimate to the next, and find the clouds', () => {
    const { frames, states } = clouds();
    let mixtures = singleGaussians([undefined, undefined], dim, 0.01);
    const likelihoods: number[] = [];
    for (let pass = 0; pass < 30; pass++) {
      const sums = new MixtureSums(mixtures);
      states.forEach((p, t) => {
        sums.add(p, frames, t);
      });
      likelihoods.push(sums.logLikelihood / sums.frames);
      mixtures = sums.estimate({ varianceFloor: 1e-3, minFrames: 10 });
      if (pass === 2) mixtures = split(mixtures, allocate(sums.stateOccupancy(), 3, 0.25, 10));
    }
    for (const [i, value] of likelihoods.entries())
      if (i > 0 && i !== 3) expect(value).toBeGreaterThanOrEqual(likelihoods[i - 1]! - 1e-6);
    expect(mixtures.logWeights.length).toBe(3);
    // Entropy of the true model: its own log likelihood in the limit of many frames.
    const one = -Math.log(2 * Math.PI * 0.25) - 1;
    expect(likelihoods.at(-1)).toBeCloseTo((one + one + 0.25 * Math.log(0.25) + 0.75 * Math.log(0.75)) / 2, 1);
    const first = [...mixtures.means.subarray(0, 2 * dim)];
    expect([first[0]!, first[2]!].sort((a, b) => a - b).map(Math.round)).toEqual([-3, 3]);
  });

  it('give the more frames the more Gaussians, never more than frames bear', () => {
    expect([...allocate([10_000, 100, 10_000], 9, 0.5, 20)]).toEqual([4, 1, 4]);
    expect([...allocate([100, 40], 99, 0.5, 20)]).toEqual([5, 2]);
  });

  it('have the same densities one by one and through the engine', async () => {
    const rng = Rng.fromSeed(2);
    const start = Int32Array.of(0, 1, 4, 6);
    const mixtures = {
      dim,
      start,
      logWeights: Float64Array.of(0, Math.log(0.2), Math.log(0.3), Math.log(0.5), Math.log(0.9), Math.log(0.1)),
      means: Float32Array.from({ length: 12 }, () => rng.normal()),
      variances: Float32Array.from({ length: 12 }, () => 0.2 + rng.uniform()),
    };
    const frames = Float32Array.from({ length: 10 * dim }, () => 2 * rng.normal());
    const direct = new Densities(mixtures);
    const scorer = await createDensityScorer(mixtures, { engine: 'cpu', threads: 1 });
    const scored = await scorer.score(frames, 10);
    for (let t = 0; t < 10; t++)
      for (let p = 0; p < 3; p++) expect(scored.at(p, t)).toBeCloseTo(direct.at(p, frames, t), 4);
    await scorer.dispose();
    // State 0 has one Gaussian: its density in closed form.
    const off = [frames[0]! - mixtures.means[0]!, frames[1]! - mixtures.means[1]!];
    const [v, w] = [mixtures.variances[0]!, mixtures.variances[1]!];
    expect(direct.at(0, frames, 0)).toBeCloseTo(
      -0.5 * (off[0]! ** 2 / v + off[1]! ** 2 / w + Math.log(v * w)) - Math.log(2 * Math.PI),
      5,
    );
  });
});
