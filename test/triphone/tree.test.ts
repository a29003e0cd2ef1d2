import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { evenAlignment } from '../../src/triphone/alignment.js';
import { treeStates } from '../../src/triphone/context.js';
import { phoneQuestions } from '../../src/triphone/questions.js';
import { ContextSums, emptyStatistics, addFrame, logLikelihood } from '../../src/triphone/statistics.js';
import { growTrees } from '../../src/triphone/tree.js';

const phones = 6;
const dim = 2;
/** Phones 0, 1 sound alike, so do 2, 3, and 4, 5. */
const families = [
  [0, 1],
  [2, 3],
  [4, 5],
];
const family = (phone: number): number => Math.floor(phone / 2);

/**
 * Strings of phones in which phone 0's first state depends on the family to the left, and
 * phone 2's last on phone 5 to the right.
 */
function simulate(): ContextSums {
  const rng = Rng.fromSeed(7);
  const sums = new ContextSums(phones, phones, 2, dim);
  for (let n = 0; n < 400; n++) {
    const string = Int32Array.from({ length: 12 }, () => rng.integer(phones));
    const frames = new Float32Array(12 * 4 * dim);
    string.forEach((phone, i) => {
      for (let k = 0; k < 4; k++) {
        const left = i > 0 ? string[i - 1]! : phones;
        const right = i < 11 ? string[i + 1]! : phones;
        let shift = 0;
        if (phone === 0 && k < 2 && left < phones && family(left) === 1) shift = 4;
        if (phone === 2 && k >= 2 && right === 5) shift = -4;
        frames[(i * 4 + k) * dim] = 6 * family(phone) + 0.3 * (phone % 2) + 0.5 * rng.normal() + shift;
        frames[(i * 4 + k) * dim + 1] = 0.5 * rng.normal();
      }
    });
    sums.add(
      evenAlignment(
        string,
        Array.from({ length: 12 }, (_, i) => 4 * (i + 1)),
        2,
      ),
      frames,
    );
  }
  return sums;
}

describe('questions and trees', () => {
  const sums = simulate();
  // Sounds of the phones by themselves: without the contexts that move them.
  const rng = Rng.fromSeed(9);
  const sounds = Array.from({ length: phones }, (_, phone) => {
    const own = emptyStatistics(dim);
    for (let t = 0; t < 200; t++)
      addFrame(
        own,
        Float32Array.of(6 * family(phone) + 0.3 * (phone % 2) + 0.5 * rng.normal(), 0.5 * rng.normal()),
        0,
        dim,
      );
    return own;
  });
  const questions = phoneQuestions(sounds, 0.01, Rng.fromSeed(1));

  it('asks for the families of phones, for single phones, and for silence or not', () => {
    const sets = questions.map((question) => [...question.keys()].filter((phone) => question[phone] === 1).join(' '));
    for (const wanted of families) expect(sets).toContain(wanted.join(' '));
    for (const wanted of ['5', '0 1 2 3 4 5']) expect(sets).toContain(wanted);
  });

  it('finds the contexts that matter, and no others', () => {
    const { trees, gain } = growTrees(sums, questions, {
      phones,
      statesPerPhone: 2,
      silence: false,
      dim,
      maxStates: 100,
      minFrames: 40,
      minGain: 50,
      varianceFloor: 0.01,
    });
    const tied = treeStates(trees, phones, 2, false);
    expect(trees.count).toBe(phones * 2 + 2);
    const first = Array.from({ length: phones + 1 }, (_, left) => tied.of(left, 0, 3, 0));
    expect(first[2]).toBe(first[3]);
    for (const left of [0, 1, 4, 5, 6]) expect(first[left]).toBe(first[0]);
    expect(first[2]).not.toBe(first[0]);
    expect(tied.of(1, 2, 5, 1)).not.toBe(tied.of(1, 2, 4, 1));
    expect(tied.of(1, 2, 3, 1)).toBe(tied.of(4, 2, 6, 1));
    expect(gain).toBeGreaterThan(0);
  });

  it('keeps to the limit of states, with the split that gains most first', () => {
    const { trees } = growTrees(sums, questions, {
      phones,
      statesPerPhone: 2,
      silence: false,
      dim,
      maxStates: phones * 2 + 1,
      minFrames: 40,
      minGain: 0,
      varianceFloor: 0.01,
    });
    expect(trees.count).toBe(phones * 2 + 1);
    expect(trees.nodes.filter((node) => 'side' in node)).toHaveLength(1);
  });

  it('measures a likelihood as the density of its own Gaussian does', () => {
    const own = emptyStatistics(1);
    const values = [1, 2, 4, 7];
    for (const value of values) addFrame(own, Float32Array.of(value), 0, 1);
    const mean = 3.5;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
    const expected = values.reduce(
      (sum, value) => sum - 0.5 * (Math.log(2 * Math.PI * variance) + (value - mean) ** 2 / variance),
      0,
    );
    expect(logLikelihood(own, 1e-6)).toBeCloseTo(expected, 9);
  });
});
