// The pair loss against plain loops, its slope, and that a step with it moves towards the text.
import { describe, expect, it } from 'vitest';
import {
  compileClassifierStep,
  createClassifier,
  createSegmentLabeller,
  pairLoss,
} from '../../src/bootstrap/classifier.js';
import { Rng } from '../../src/core/rng.js';
import { compile, tf } from '../../src/engine/index.js';

const compute = { engine: 'cpu' as const, threads: 1 };
const uniform = (size: number, seed: string): Float32Array => {
  const rng = Rng.fromSeed(seed);
  return Float32Array.from({ length: size }, () => rng.uniform());
};
const rows = 7;
const phones = 3;
const lags = 2;
const utterance = [0, 0, 0, 1, 1, 1, 1];
const links = Float32Array.from({ length: rows * lags }, (_, i) =>
  utterance[Math.floor(i / lags)] === utterance[Math.floor(i / lags) + 1 + (i % lags)] ? 1 : 0,
);

describe('the pair loss', () => {
  it('counts soft pairs inside utterances alone, as plain loops do', async () => {
    const posteriors = uniform(rows * phones, 'p');
    for (let t = 0; t < rows; t++) {
      const sum = posteriors.subarray(t * 3, t * 3 + 3).reduce((a, b) => a + b, 0);
      for (let v = 0; v < 3; v++) posteriors[t * 3 + v]! /= sum;
    }
    const text = uniform(lags * phones * phones, 't');
    let expected = 0;
    for (let k = 1; k <= lags; k++) {
      const pairs = new Float64Array(9);
      let count = 0;
      for (let t = 0; t + k < rows; t++) {
        if (utterance[t] !== utterance[t + k]) continue;
        count++;
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 3; b++) pairs[a * 3 + b]! += posteriors[t * 3 + a]! * posteriors[(t + k) * 3 + b]!;
      }
      pairs.forEach((value, i) => {
        expected += Math.abs(value / count - text[(k - 1) * 9 + i]!);
      });
    }
    const graph = await compile(
      ({ p, l }) => ({ loss: pairLoss(p, l, tf.tensor(text, [lags, phones, phones])) }),
      { p: { shape: [rows, phones] }, l: { shape: [rows, lags] } },
      { name: 'pairs', threads: 1 },
    );
    expect((await graph.run({ p: posteriors, l: links })).loss[0]).toBeCloseTo(expected, 5);
    await graph.dispose();
  });
});

describe('the segment classifier', () => {
  it('learns labels; with the text beside them it leaves labels that the text contradicts', async () => {
    const shape = { columns: 3, hidden: 8, phones };
    // Vector v is phone v. Everything is labelled 0, but in the text the phones follow each other in a circle.
    const sounds = [0, 1, 2, 2, 0, 1, 2];
    const x = Float32Array.from({ length: rows * 3 }, (_, i) => (sounds[Math.floor(i / 3)] === i % 3 ? 1 : 0));
    const targets = Float32Array.from({ length: rows * 3 }, (_, i) =>
      i % 3 === (sounds[Math.floor(i / 3)] === 1 ? 0 : sounds[Math.floor(i / 3)]) ? 1 : 0,
    );
    const text = new Float32Array(lags * 9);
    for (const [t, u] of utterance.entries()) {
      for (let k = 1; k <= lags; k++)
        if (utterance[t + k] === u) text[(k - 1) * 9 + sounds[t]! * 3 + sounds[t + k]!]! += 1 / (rows - 2 * k);
    }
    const state = createClassifier(shape, Rng.fromSeed(1));
    const step = async (
      matching: { text: Float32Array; lags: number; labelWeight: number } | undefined,
    ): Promise<Float32Array[]> => {
      const compiled = await compileClassifierStep(state, shape, rows, matching, compute);
      const losses: Float32Array[] = [];
      for (let n = 1; n <= 150; n++) {
        const found = await compiled.step({
          x,
          targets,
          links: matching ? links : new Float32Array(rows),
          lr: Float32Array.of(0.02),
          step: Float32Array.of(n),
        });
        losses.push(Float32Array.of(found.crossEntropy[0]!, found.matching[0]!));
      }
      await compiled.dispose();
      return losses;
    };
    const label = async (): Promise<number[]> => {
      const labeller = await createSegmentLabeller(state, shape, compute);
      const found = [...(await labeller.label(x))];
      await labeller.dispose();
      return found;
    };
    const labelled = await step(undefined);
    expect(labelled[0]![0]!).toBeGreaterThan(0.8);
    expect(labelled.at(-1)![0]!).toBeLessThan(0.05);
    expect(await label()).toEqual([0, 0, 2, 2, 0, 0, 2]);
    const matched = await step({ text, lags, labelWeight: 0.1 });
    expect(matched.at(-1)![1]!).toBeLessThan(0.5 * matched[0]![1]!);
    expect(await label()).toEqual(sounds);
  });
});
