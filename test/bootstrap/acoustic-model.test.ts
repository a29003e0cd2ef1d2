import { describe, expect, it } from 'vitest';
import { cepstraColumns, cepstrumCount, rowCepstra } from '../../src/bootstrap/cepstra.js';
import { createFrameScorer, mixtureScores, networkScores } from '../../src/bootstrap/acoustic-model.js';
import { MeanPosterior } from '../../src/bootstrap/mean-posterior.js';
import { Rng } from '../../src/core/rng.js';

describe('what the acoustics say', () => {
  it('the mean posterior is a mean of probabilities', () => {
    const mean = new MeanPosterior(2);
    mean.add({ logProbs: Float32Array.from([0.9, 0.1, 0.5, 0.5].map(Math.log)), rows: 2 });
    expect(Math.exp(mean.logs()[0]!)).toBeCloseTo(0.7, 3);
  });

  it('what is always said counts less', () => {
    const scores = networkScores(
      Float32Array.from([0.6, 0.4].map(Math.log)),
      Float32Array.from([0.8, 0.2].map(Math.log)),
      { priorWeight: 1, acousticScale: 0.5 },
    );
    expect(scores[0]).toBeCloseTo(0.5 * Math.log(0.75), 5);
    expect(scores[1]).toBeCloseTo(0.5 * Math.log(2), 5);
  });

  it('densities become posteriors; a scale of 0 knows nothing', () => {
    const [a, b] = mixtureScores(Float32Array.of(-100, -102), 2, 1);
    expect(Math.exp(a!) + Math.exp(b!)).toBeCloseTo(1, 6);
    expect(a! - b!).toBeCloseTo(2, 5);
    expect(mixtureScores(Float32Array.of(-1, -9), 2, 0)[1]).toBeCloseTo(-Math.LN2, 6);
  });

  it('the network alone has its own scores; with Gaussians both are added', async () => {
    const compute = { engine: 'cpu' as const, threads: 1 };
    const settings = { priorWeight: 0, acousticScale: 1, mixtureScale: 0.5, networkWeight: 0.25 };
    const network = {
      shape: { bands: 20, channels: 1, layers: 1, kernel: 1, classes: 2 },
      parameters: {},
      moments: [],
    };
    const listener = { network, logPrior: new Float32Array(2) };
    const logProbs = Float32Array.from([0.2, 0.8].map(Math.log));
    const data = Float32Array.from({ length: 40 }, (_, i) => Math.cos(i));
    const alone = await createFrameScorer(listener, settings, compute);
    expect([...(await alone.score(logProbs, data, 2))]).toEqual([...logProbs]);
    // Both Gaussians are the same: they have no opinion, half and half.
    const gaussians = {
      states: 2,
      dim: cepstraColumns,
      means: new Float32Array(2 * cepstraColumns),
      variances: new Float32Array(2 * cepstraColumns).fill(1),
    };
    const both = await createFrameScorer(
      { ...listener, mixtures: { classes: 2, components: 1, gaussians, logWeights: new Float64Array(2) } },
      settings,
      compute,
    );
    const scores = await both.score(logProbs, data, 2);
    scores.forEach((score, i) => {
      expect(score).toBeCloseTo(0.25 * logProbs[i]! - Math.LN2, 5);
    });
    await alone.dispose();
    await both.dispose();
  });
});

describe('cepstra of log-mel frames', () => {
  it('have a row for every second frame, normalised, and a tilt of the bands in the second coefficient alone', () => {
    const rng = Rng.fromSeed('cepstra');
    const bands = 40;
    const tilt = Float64Array.from({ length: 21 }, () => rng.normal());
    const data = Float32Array.from(
      { length: 21 * bands },
      (_, i) => tilt[Math.floor(i / bands)]! * Math.cos((Math.PI * ((i % bands) + 0.5)) / bands),
    );
    const rows = rowCepstra(data, 21, bands);
    expect(rows).toHaveLength(11 * cepstraColumns);
    const mean = tilt.reduce((a, b) => a + b, 0) / 21;
    const deviation = Math.sqrt(tilt.reduce((a, b) => a + (b - mean) ** 2, 0) / 21);
    for (let j = 0; j < 11; j++) expect(rows[j * cepstraColumns + 1]).toBeCloseTo((tilt[2 * j]! - mean) / deviation, 3);
    expect(cepstraColumns).toBe(3 * cepstrumCount);
  });
});
