// The generator's emissions against a plain convolution, for utterances of any length, and what its outputs cover.
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng.js';
import { createGenerator, outputEnds, outputRows, type GeneratorWeights } from '../../src/gan/generator.js';

const compute = { engine: 'cpu', threads: 1 } as const;

function randomWeights(kernel: number, pad: number): GeneratorWeights {
  const rng = Rng.fromSeed(`generator ${kernel}`);
  return { w: Float32Array.from({ length: kernel * 3 * 5 }, () => rng.normal()), kernel, pad, columns: 3, classes: 5 };
}

function plain({ w, kernel, pad, columns, classes }: GeneratorWeights, x: Float32Array): number[] {
  const rows = x.length / columns;
  const out: number[] = [];
  for (let t = 0; t < rows + 2 * pad - kernel + 1; t++) {
    const logits = Array.from({ length: classes }, (_, v) => {
      let sum = 0;
      for (let j = 0; j < kernel; j++) {
        const row = t - pad + j;
        if (row >= 0 && row < rows)
          for (let d = 0; d < columns; d++) sum += x[row * columns + d]! * w[(j * columns + d) * classes + v]!;
      }
      return sum;
    });
    const norm = Math.log(logits.reduce((sum, z) => sum + Math.exp(z), 0));
    out.push(...logits.map((z) => z - norm));
  }
  return out;
}

describe('createGenerator', () => {
  it.each([
    [4, 2],
    [3, 1],
    [1, 0],
    [4, 0],
  ])('equals a plain convolution with kernel %i and padding %i', async (kernel, pad) => {
    const weights = randomWeights(kernel, pad);
    const generator = await createGenerator(weights, compute);
    const rng = Rng.fromSeed('x');
    for (const rows of [1, 7, 1500]) {
      // 1500: more than one block
      const x = Float32Array.from({ length: rows * 3 }, () => rng.normal());
      const emission = await generator.emit(x, rows);
      const expected = plain(weights, x);
      expect(emission.rows).toBe(outputRows(rows, kernel, pad));
      expect(emission.logProbs.length).toBe(expected.length);
      expect(expected.every((value, i) => Math.abs(value - emission.logProbs[i]!) < 1e-4)).toBe(true);
    }
    await generator.dispose();
  });

  it('mixes nothing of utterances that are emitted at once, or after ones that are not finite', async () => {
    const weights = randomWeights(4, 2);
    const generator = await createGenerator(weights, compute);
    const rng = Rng.fromSeed('at once');
    const utterances = [200, 1, 33, 90, 5, 200, 60].map((rows) =>
      Float32Array.from({ length: rows * 3 }, () => rng.normal()),
    );
    await generator.emit(new Float32Array(300).fill(NaN), 100);
    for (let round = 0; round < 2; round++) {
      const emissions = await Promise.all(utterances.map((x) => generator.emit(x, x.length / 3)));
      emissions.forEach(({ logProbs }, i) => {
        const expected = plain(weights, utterances[i]!);
        expect(logProbs.length).toBe(expected.length);
        expect(expected.every((value, at) => Math.abs(value - logProbs[at]!) < 1e-4)).toBe(true);
      });
    }
    await generator.dispose();
  });

  it('says what does not fit', async () => {
    const weights = randomWeights(4, 2);
    await expect(createGenerator({ ...weights, classes: 6 }, compute)).rejects.toThrow(
      'expected 4 x 3 x 6 weights, found 60',
    );
    const generator = await createGenerator(weights, compute);
    await expect(generator.emit(new Float32Array(8), 2)).rejects.toThrow('2 segments of 3 values expected, found 8');
    await generator.dispose();
  });
});

describe('outputEnds', () => {
  const ends = Int32Array.of(10, 14, 30);

  it('is the segment itself for an odd kernel', () => {
    expect([...outputEnds(ends, 3, 1)]).toEqual([10, 14, 30]);
    expect([...outputEnds(ends, 1, 0)]).toEqual([10, 14, 30]);
    // Kernel 9, stride 3, pad 4: an output is three frames around its middle.
    expect([...outputEnds(Int32Array.of(1, 2, 3, 4, 5, 6, 7), 9, 4, 3)]).toEqual([2, 5, 7]);
  });

  it('goes from middle to middle with the even kernel of the reference, one more than segments', () => {
    expect([...outputEnds(ends, 4, 2)]).toEqual([5, 12, 22, 30]);
  });

  it('ends with the utterance when outputs are fewer than segments', () => {
    expect([...outputEnds(ends, 3, 0)]).toEqual([30]);
    expect([...outputEnds(Int32Array.of(3), 4, 0)]).toEqual([]);
  });
});
