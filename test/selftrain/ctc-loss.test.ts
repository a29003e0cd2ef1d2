// The loss and the occupancies against every path written out, against finite differences, and against PyTorch.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { ctcSums } from '../../src/selftrain/ctc-loss.js';

function logSoftmax(logits: ArrayLike<number>, columns: number): Float32Array {
  const out = Float32Array.from(logits);
  for (let from = 0; from < out.length; from += columns) {
    const row = Array.from(logits).slice(from, from + columns);
    const norm = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
    row.forEach((value, c) => {
      out[from + c] = value - norm;
    });
  }
  return out;
}

const random = (rows: number, columns: number, seed: number): number[] => {
  const rng = Rng.fromSeed(seed);
  return Array.from({ length: rows * columns }, () => 2 * rng.normal());
};

/** All strings of symbols over the rows that say the labels: equal neighbours merged, then blanks dropped. */
function everyPath(
  logProbs: Float32Array,
  columns: number,
  labels: readonly number[],
  blank: number,
): { probability: number; occupancy: number[] } {
  const rows = logProbs.length / columns;
  const occupancy = new Array<number>(logProbs.length).fill(0);
  let total = 0;
  for (let number = 0; number < columns ** rows; number++) {
    const path = Array.from({ length: rows }, (_, t) => Math.floor(number / columns ** t) % columns);
    const said = path.filter((symbol, t) => symbol !== path[t - 1]).filter((symbol) => symbol !== blank);
    if (said.join() !== labels.join()) continue;
    const probability = Math.exp(path.reduce((sum, symbol, t) => sum + logProbs[t * columns + symbol]!, 0));
    total += probability;
    path.forEach((symbol, t) => {
      occupancy[t * columns + symbol]! += probability;
    });
  }
  return { probability: total, occupancy: occupancy.map((value) => value / total) };
}

describe('ctcSums', () => {
  it.each([[[0, 1]], [[0, 0]], [[1]], [[]], [[2, 0, 2]], [[1, 1, 1]]])(
    'is the sum over every path, for the labels %j',
    (labels: number[]) => {
      const logProbs = logSoftmax(random(6, 4, labels.length + 3), 4);
      const { probability, occupancy } = everyPath(logProbs, 4, labels, 3);
      const found = ctcSums(logProbs, 4, labels, 3)!;
      expect(found.loss).toBeCloseTo(-Math.log(probability), 5);
      found.occupancy.forEach((value, i) => {
        expect(value).toBeCloseTo(occupancy[i]!, 5);
      });
    },
  );

  it('has the softmax less the occupancy for gradient', () => {
    const logits = random(7, 3, 5);
    const loss = (at: readonly number[]): number => ctcSums(logSoftmax(at, 3), 3, [0, 1, 1], 2)!.loss;
    const { occupancy } = ctcSums(logSoftmax(logits, 3), 3, [0, 1, 1], 2)!;
    const softmax = logSoftmax(logits, 3).map(Math.exp);
    logits.forEach((_, i) => {
      const moved = (by: number): number[] => logits.map((value, j) => (i === j ? value + by : value));
      expect((loss(moved(1e-2)) - loss(moved(-1e-2))) / 2e-2).toBeCloseTo(softmax[i]! - occupancy[i]!, 3);
    });
  });

  it('says of too few rows that they cannot hold the labels', () => {
    const even = logSoftmax(new Array<number>(9).fill(0), 3);
    expect(ctcSums(even, 3, [0, 1, 0, 1], 2)).toBeUndefined();
    expect(ctcSums(even, 3, [0, 0, 0], 2)).toBeUndefined(); // needs a blank between each two
    expect(ctcSums(even, 3, [0, 1, 0], 2)?.loss).toBeCloseTo(3 * Math.log(3), 5);
  });

  it('agrees with PyTorch on a long row of labels', () => {
    const golden = JSON.parse(readFileSync(new URL('../fixtures/ctc-torch.json', import.meta.url), 'utf8')) as {
      columns: number;
      logits: number[];
      labels: number[];
      loss: number;
      gradient: number[];
    };
    const logProbs = logSoftmax(golden.logits, golden.columns);
    const { loss, occupancy } = ctcSums(logProbs, golden.columns, golden.labels, golden.columns - 1)!;
    expect(loss).toBeCloseTo(golden.loss, 3);
    golden.gradient.forEach((value, i) => {
      expect(Math.exp(logProbs[i]!) - occupancy[i]!).toBeCloseTo(value, 4);
    });
  });
});
