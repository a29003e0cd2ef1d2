// Which trainings of a file count as converged, the rows made of them, and the squares of the diagram.
import { describe, expect, it } from 'vitest';
import { cameNear, didConverge, phaseLine } from '../../bench/phase.js';
import { phaseDiagram, summaryOf } from '../../bench/phase-summary.js';

const training = (seed: number, per: number, more = {}) =>
  phaseLine.parse({
    ...{ size: 'small', settings: 'recommended', purity: 0.9, boundary: 0, hours: 0.4, sentences: 2000 },
    ...{ seed, updates: 100, per, oracle: 10, metric: per, cpu: 2, reached: per < 15 ? 10 * seed : null, ...more },
  });
const lines = [
  training(1, 11, { early: { 0.05: { metric: 1, accuracy: 3 } } }),
  training(2, 15, { early: { 0.05: { metric: 2, accuracy: 2 } } }),
  training(3, 80, { early: { 0.05: { metric: 3, accuracy: 1 } } }),
];

describe('phase summary', () => {
  it('counts by the errors that the simulation lets through, with room where these are few', () => {
    expect([11.5, 11.6].map((per) => didConverge(per, 10))).toEqual([true, false]);
    expect([1, 1.1].map((per) => didConverge(per, 0))).toEqual([true, false]);
    expect([30, 31].map((per) => cameNear(per, 20))).toEqual([true, false]);
    expect([10, 11].map((per) => cameNear(per, 0))).toEqual([true, false]);
  });

  it('has a row for the seeds of a condition, and ranks early signs', () => {
    const [row, signs] = [...summaryOf(lines)];
    expect(row).toMatchObject({ converged: '1/3', near: 2, medianPer: 15, oracle: 10, reached: 10, seconds: 2 });
    expect(signs).toMatchObject({ metric: 1, accuracy: -1 });
  });

  it('draws a square a seed', () => {
    const svg = phaseDiagram(lines, 'a < b');
    expect(svg.match(/<title>seed/g)).toHaveLength(3);
    expect(svg).toContain('a &lt; b');
  });
});
