// The matching loss as a compiled graph against the formula written out in loops, for two restarts at once.
import { expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { compile, tf } from '../../src/engine/index.js';
import { matchingLoss } from '../../src/matching/objective.js';
import { sequenceStatistics, type SequenceStatistics } from '../../src/matching/statistics.js';

const sizes = { restarts: 2, units: 5, phones: 3, lags: 2, places: 4 };
const rng = Rng.fromSeed('objective');
const sequences = (count: number): Int32Array[] =>
  Array.from({ length: 6 }, () => Int32Array.from({ length: 7 }, () => rng.integer(count)));
const audio = sequenceStatistics(sequences(sizes.units), sizes.units, sizes.lags, 2);
const text = sequenceStatistics(sequences(sizes.phones), sizes.phones, sizes.lags, 2);

function softmaxRow(logits: Float32Array, k: number, r: number): number[] {
  const row = Array.from({ length: 3 }, (_, v) => Math.exp(logits[(k * 2 + r) * 3 + v]!));
  const sum = row.reduce((a, b) => a + b, 0);
  return row.map((x) => x / sum);
}

function expectedLoss(logits: Float32Array, r: number, weight: number): number {
  const w = Array.from({ length: 5 }, (_, k) => softmaxRow(logits, k, r));
  let loss = 0;
  for (let lag = 0; lag < 2; lag++) {
    for (let x = 0; x < 3; x++) {
      for (let y = 0; y < 3; y++) {
        let pair = 0;
        for (let a = 0; a < 5; a++)
          for (let b = 0; b < 5; b++) pair += w[a]![x]! * audio.skipgrams[(lag * 5 + a) * 5 + b]! * w[b]![y]!;
        loss += Math.abs(pair - text.skipgrams[(lag * 3 + x) * 3 + y]!);
      }
    }
  }
  for (let p = 0; p < 4; p++) {
    for (let x = 0; x < 3; x++) {
      let share = 0;
      for (let a = 0; a < 5; a++) share += audio.positional[p * 5 + a]! * w[a]![x]!;
      loss += weight * Math.abs(share - text.positional[p * 3 + x]!);
    }
  }
  return loss;
}

function sideBySide({ skipgrams }: SequenceStatistics): Float32Array {
  return Float32Array.from(
    { length: 18 },
    (_, i) => skipgrams[(Math.floor((i % 6) / 3) * 3 + Math.floor(i / 6)) * 3 + (i % 3)]!,
  );
}

it('is the sum of L1 distances of the formula, for each restart', async () => {
  const graph = await compile(
    ({ logits }) => ({
      loss: matchingLoss(
        logits,
        {
          unitPairs: tf.tensor(audio.skipgrams, [10, 5]),
          unitPlaces: tf.tensor(audio.positional, [4, 5]),
          textPairs: tf.tensor(sideBySide(text), [3, 6]),
          textPlaces: tf.tensor(text.positional, [4, 1, 3]),
        },
        sizes,
        0.3,
      ),
    }),
    { logits: { shape: [5, 2, 3] } },
    { threads: 1 },
  );
  const logits = Float32Array.from({ length: 30 }, () => rng.normal());
  const { loss } = await graph.run({ logits });
  await graph.dispose();
  expect(loss[0]).toBeCloseTo(expectedLoss(logits, 0, 0.3), 4);
  expect(loss[1]).toBeCloseTo(expectedLoss(logits, 1, 0.3), 4);
});
