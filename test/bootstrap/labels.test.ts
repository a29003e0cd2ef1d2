import { describe, expect, it } from 'vitest';
import { cepstraColumns, cepstrumCount, rowCepstra } from '../../src/bootstrap/cepstra.js';
import { agreement, MeanPosterior, mixtureScores, networkScores } from '../../src/bootstrap/labels.js';
import { Rng } from '../../src/core/rng.js';

describe('what the judges say', () => {
  it('the mean posterior is a mean of probabilities', () => {
    const mean = new MeanPosterior(2);
    mean.add({ logProbs: Float32Array.from([0.9, 0.1, 0.5, 0.5].map(Math.log)), rows: 2 });
    expect(Math.exp(mean.logs()[0]!)).toBeCloseTo(0.7, 3);
  });

  it('what is always said counts less', () => {
    const scores = networkScores(Float32Array.from([0.6, 0.4].map(Math.log)), Float32Array.from([0.8, 0.2].map(Math.log)), { priorWeight: 1, acousticScale: 0.5 });
    expect(scores[0]).toBeCloseTo(0.5 * Math.log(0.75), 5);
    expect(scores[1]).toBeCloseTo(0.5 * Math.log(2), 5);
  });

  it('densities become posteriors; a scale of 0 knows nothing', () => {
    const [a, b] = mixtureScores(Float32Array.of(-100, -102), 2, 1);
    expect(Math.exp(a!) + Math.exp(b!)).toBeCloseTo(1, 6);
    expect(a! - b!).toBeCloseTo(2, 5);
    expect(mixtureScores(Float32Array.of(-1, -9), 2, 0)[1]).toBeCloseTo(-Math.LN2, 6);
  });

  it('only what all say is kept', () => {
    expect([...agreement(Int16Array.of(1, 2, 3), Int16Array.of(1, 2, 4), Int16Array.of(1, 0, 3))]).toEqual([1, -1, -1]);
  });
});

describe('cepstra of log-mel frames', () => {
  it('have a row for every second frame, normalised, and a tilt of the bands in the second coefficient alone', () => {
    const rng = Rng.fromSeed('cepstra');
    const bands = 40;
    const tilt = Float64Array.from({ length: 21 }, () => rng.normal());
    const data = Float32Array.from({ length: 21 * bands }, (_, i) => tilt[Math.floor(i / bands)]! * Math.cos(Math.PI * ((i % bands) + 0.5) / bands));
    const rows = rowCepstra(data, 21, bands);
    expect(rows).toHaveLength(11 * cepstraColumns);
    const mean = tilt.reduce((a, b) => a + b, 0) / 21;
    const deviation = Math.sqrt(tilt.reduce((a, b) => a + (b - mean) ** 2, 0) / 21);
    for (let j = 0; j < 11; j++) expect(rows[j * cepstraColumns + 1]).toBeCloseTo((tilt[2 * j]! - mean) / deviation, 3);
    expect(cepstraColumns).toBe(3 * cepstrumCount);
  });
});
