import { determinant, inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { estimateFmllr, FmllrSums, fmllrObjective, unitMap } from '../../src/triphone/fmllr.js';
import { discriminants, ScatterSums } from '../../src/triphone/lda.js';
import type { StateMixtures } from '../../src/hmm/mixtures.js';
import { estimateSemiTied, rotateMixtures, semiTiedObjective, SemiTiedSums } from '../../src/triphone/semi-tied.js';
import { applyAffine, mapFrames, splice } from '../../src/triphone/splice.js';

const dim = 3;
const states = 8;

/** One Gaussian a state, far apart. */
function model(seed: number): StateMixtures {
  const rng = Rng.fromSeed(seed);
  return {
    dim,
    start: Int32Array.from({ length: states + 1 }, (_, p) => p),
    logWeights: new Float64Array(states),
    means: Float32Array.from({ length: states * dim }, () => 3 * rng.normal()),
    variances: Float32Array.from({ length: states * dim }, () => 0.3 + 0.5 * rng.uniform()),
  };
}

function sample({ means, variances }: StateMixtures, count: number, seed: number): Float32Array {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: count * dim }, (_, i) => {
    const at = (Math.floor(i / dim) % states) * dim + (i % dim);
    return means[at]! + Math.sqrt(variances[at]!) * rng.normal();
  });
}

const mixing = new Matrix([
  [1.2, 0.4, -0.3],
  [-0.2, 0.8, 0.5],
  [0.3, -0.6, 1.1],
]);
const offset = [0.7, -1.2, 0.4];

describe('fMLLR', () => {
  const given = model(1);
  const spoken = sample(given, 8000, 2);
  const affine = Float64Array.from([0, 1, 2].flatMap((i) => [...mixing.getRow(i), offset[i]!]));
  const heard = applyAffine(spoken, 8000, dim, affine); // a speaker who turns and moves everything
  const sums = new FmllrSums(given);
  for (let t = 0; t < 8000; t++) sums.add(t % states, spoken, heard, t);
  const statistics = sums.statistics();

  it('recovers the inverse of a known change of speaker', () => {
    const found = Matrix.from1DArray(dim, dim + 1, estimateFmllr(statistics, 500, 20));
    const turned = found.subMatrix(0, 2, 0, 2).mmul(mixing);
    for (let i = 0; i < dim; i++)
      for (let j = 0; j < dim; j++) expect(turned.get(i, j)).toBeCloseTo(i === j ? 1 : 0, 1);
    const moved = found
      .subMatrix(0, 2, 0, 2)
      .mmul(Matrix.columnVector(offset))
      .add(found.subMatrix(0, 2, 3, 3));
    for (let i = 0; i < dim; i++) expect(Math.abs(moved.get(i, 0))).toBeLessThan(0.06);
  });

  it('raises its objective with every round, which is the likelihood of the frames', () => {
    let before = fmllrObjective(statistics, unitMap(dim));
    for (const rounds of [1, 2, 4, 8]) {
      const value = fmllrObjective(statistics, estimateFmllr(statistics, 500, rounds));
      expect(value).toBeGreaterThan(before - 1e-9);
      before = value;
    }
    // Differences of the objective are differences of log likelihood, Jacobian included.
    const likelihood = (map: Float64Array): number => {
      const frames = applyAffine(heard, 8000, dim, map);
      let sum = Math.log(Math.abs(determinant(Matrix.from1DArray(dim, dim + 1, map).subMatrix(0, 2, 0, 2))));
      for (let i = 0; i < frames.length; i++) {
        const at = (Math.floor(i / dim) % states) * dim + (i % dim);
        sum -= (0.5 * (frames[i]! - given.means[at]!) ** 2) / given.variances[at]! / 8000;
      }
      return sum;
    };
    const best = estimateFmllr(statistics, 500, 8);
    expect(fmllrObjective(statistics, best) - fmllrObjective(statistics, unitMap(dim))).toBeCloseTo(
      likelihood(best) - likelihood(unitMap(dim)),
      3,
    );
  });

  it('moves nothing where there are few frames', () => {
    expect([...estimateFmllr(statistics, 9000)]).toEqual([...unitMap(dim)]);
  });
});

describe('MLLT', () => {
  // Diagonal in some directions, which are not the axes.
  const hidden = model(3);
  const turnedFrames = applyAffine(
    sample(hidden, 8000, 4),
    8000,
    dim,
    Float64Array.from([0, 1, 2].flatMap((i) => [...mixing.getRow(i), 0])),
  );
  const first = ((): StateMixtures => {
    const means = new Float32Array(states * dim);
    const variances = new Float32Array(states * dim);
    for (let t = 0; t < 8000; t++)
      for (let d = 0; d < dim; d++) means[(t % states) * dim + d]! += turnedFrames[t * dim + d]! / 1000;
    for (let t = 0; t < 8000; t++)
      for (let d = 0; d < dim; d++)
        variances[(t % states) * dim + d]! += (turnedFrames[t * dim + d]! - means[(t % states) * dim + d]!) ** 2 / 1000;
    return { ...hidden, means, variances };
  })();

  it('raises the likelihood round by round, towards that of the directions in which the model is diagonal', () => {
    const sums = new SemiTiedSums(first);
    for (let t = 0; t < 8000; t++) sums.add(t % states, turnedFrames, t);
    const statistics = sums.statistics();
    let before = semiTiedObjective(statistics, Matrix.eye(dim));
    for (const rounds of [1, 3, 10]) {
      const value = semiTiedObjective(statistics, estimateSemiTied(statistics, rounds));
      expect(value).toBeGreaterThanOrEqual(before - 1e-9);
      before = value;
    }
    expect(before).toBeGreaterThan(semiTiedObjective(statistics, Matrix.eye(dim)) + 0.01);
  });

  it('finds the directions when variances are estimated in turn', () => {
    let mixtures = first;
    let frames = turnedFrames;
    let whole = Matrix.eye(dim);
    for (let round = 0; round < 30; round++) {
      const sums = new SemiTiedSums(mixtures);
      for (let t = 0; t < 8000; t++) sums.add(t % states, frames, t);
      const rotation = estimateSemiTied(sums.statistics());
      whole = rotation.mmul(whole);
      frames = applyAffine(
        turnedFrames,
        8000,
        dim,
        Float64Array.from([0, 1, 2].flatMap((i) => [...whole.getRow(i), 0])),
      );
      mixtures = rotateMixtures(mixtures, rotation);
      const variances = new Float32Array(states * dim);
      for (let i = 0; i < frames.length; i++) {
        const at = (Math.floor(i / dim) % states) * dim + (i % dim);
        variances[at]! += (frames[i]! - mixtures.means[at]!) ** 2 / 1000;
      }
      mixtures = { ...mixtures, variances };
    }
    // Up to scale and order the rows undo the mixing: one large entry in each row of their product.
    const product = whole.mmul(mixing);
    for (let i = 0; i < dim; i++) {
      const row = product
        .getRow(i)
        .map(Math.abs)
        .sort((a, b) => b - a);
      expect(row[1]! / row[0]!).toBeLessThan(0.15);
    }
  });
});

describe('LDA', () => {
  it('has unit covariance within classes, and for two classes the direction of Fisher', () => {
    const rng = Rng.fromSeed(5);
    const sums = new ScatterSums(2, dim);
    const frames = new Float32Array(6000 * dim);
    const centre = [
      [0, 0, 0],
      [1, 0.5, -0.2],
    ];
    for (let t = 0; t < 6000; t++) {
      const noise = Matrix.columnVector([rng.normal(), rng.normal(), rng.normal()]);
      const turned = mixing.mmul(noise);
      for (let d = 0; d < dim; d++) frames[t * dim + d] = turned.get(d, 0) + centre[t % 2]![d]!;
      sums.add(t % 2, frames, t);
    }
    const covariances = sums.covariances();
    const found = Matrix.from1DArray(dim, dim, discriminants(covariances, dim));
    const unit = found.mmul(covariances.within).mmul(found.transpose());
    for (let i = 0; i < dim; i++) for (let j = 0; j < dim; j++) expect(unit.get(i, j)).toBeCloseTo(i === j ? 1 : 0, 4);
    // Fisher (1936): W^-1 (m1 - m0).
    const fisher = inverse(mixing.mmul(mixing.transpose())).mmul(Matrix.columnVector(centre[1]!)).to1DArray();
    const first = found.getRow(0);
    const cosine =
      Math.abs(first.reduce((sum, value, i) => sum + value * fisher[i]!, 0)) /
      Math.hypot(...first) /
      Math.hypot(...fisher);
    expect(cosine).toBeGreaterThan(0.998);
  });

  it('splices frames with their neighbours, edges repeated, and maps them', () => {
    const frames = Float32Array.of(1, 10, 2, 20, 3, 30); // two columns, of which one is static
    expect([...splice(frames, 3, { statics: 1, columns: 2, context: 1 })]).toEqual([1, 1, 2, 1, 2, 3, 2, 3, 3]);
    const map = { statics: 1, columns: 2, context: 1, rows: 1, matrix: Float64Array.of(-1, 0, 1) };
    expect([...mapFrames(frames, 3, map)]).toEqual([1, 2, 1]);
  });
});
