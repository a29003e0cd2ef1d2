// Every kernel of the table: values against plain float64 loops, first and second derivatives against
// central finite differences of those loops. A kernel without a case fails.
import { describe, expect, it, vi } from 'vitest';
import { drawsOf } from './drawn.js';
import { compile, kernels, tf } from '../src/index.js';
import type { Kernel } from '../src/kernel.js';
import { elementwise } from './kernels/elementwise.cases.js';
import { size, total, type KernelCase } from './kernels/plain.js';
import { structure } from './kernels/structure.cases.js';

const cases: Record<string, KernelCase[]> = { ...elementwise, ...structure };
const difference = 1e-3; // float64 throughout: truncation about 1e-6, rounding about 1e-10

const weight = (i: number): number => 0.7 - 0.4 * ((i * 7) % 5);
const direction = (i: number): number => 0.3 + 0.2 * ((i * 3) % 4);

/** A scalar with curvature even when the kernel is linear: Σ w y + y² / 2. */
const scalarOf = (y: readonly number[]): number => total(y.map((v, i) => weight(i) * v + (v * v) / 2));

function scalarTensor(y: tf.Tensor): tf.Tensor {
  const weights = tf.tensor(
    Array.from({ length: y.size }, (_, i) => weight(i)),
    y.shape,
  );
  return tf.sum(tf.add(tf.mul(weights, y), tf.mul(0.5, tf.square(y))));
}

function drawn(entry: KernelCase, name: string): number[][] {
  const rng = drawsOf(name);
  return entry.inputs.map(({ shape, values, low = -1, high = 1 }) =>
    values ? [...values] : Array.from({ length: size(shape) }, () => Math.fround(low + (high - low) * rng.uniform())),
  );
}

/** All inputs of a case as one flat vector, moved along unit and direction vectors. */
function finiteDifferences(entry: KernelCase, inputs: number[][]): { first: number[]; second: number[] } {
  const flat = inputs.flat();
  const value = (x: number[]): number => {
    let from = 0;
    return scalarOf(entry.reference(...inputs.map((part) => x.slice(from, (from += part.length)))));
  };
  const h = difference;
  const moved = (i: number, step: number, along: number): number =>
    value(flat.map((x, j) => x + (i === j ? step : 0) + along * direction(j)));
  return {
    first: flat.map((_, i) => (moved(i, h / 10, 0) - moved(i, -h / 10, 0)) / (h / 5)),
    second: flat.map((_, i) => (moved(i, h, h) - moved(i, h, -h) - moved(i, -h, h) + moved(i, -h, -h)) / (4 * h * h)),
  };
}

function close(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  found.forEach((x, i) => {
    const wanted = expected[i] as number;
    expect(Math.abs(x - wanted) / Math.max(1, Math.abs(wanted)), `number ${i}: ${x}, expected ${wanted}`).toBeLessThan(
      tolerance,
    );
  });
}

async function check(name: string, entry: KernelCase): Promise<void> {
  const numbers = drawn(entry, name);
  const keys = entry.inputs.map((_, i) => `x${i}`);
  const record = <V>(make: (i: number) => V): Record<string, V> =>
    Object.fromEntries(keys.map((key, i) => [key, make(i)]));
  const used = vi.spyOn(kernels[name] as { -readonly [K in keyof Kernel]: Kernel[K] }, 'onnx');
  const scalar = (...xs: tf.Tensor[]): tf.Tensor => scalarTensor(entry.fn(...xs));
  const slopes = (xs: tf.Tensor[]): tf.Tensor[] => tf.grads(scalar)(xs);
  const slopeAlong = (...xs: tf.Tensor[]): tf.Tensor => {
    let from = 0;
    return tf.addN(
      slopes(xs).map((slope) => {
        const part = tf.tensor(
          Array.from({ length: slope.size }, (_, i) => direction(from + i)),
          slope.shape,
        );
        from += slope.size;
        return tf.sum(tf.mul(part, slope));
      }),
    );
  };
  const derive = entry.derivatives !== 0;
  const compiled = await compile(
    (inputs: Record<string, tf.Tensor>) => {
      const xs = keys.map((key) => inputs[key] as tf.Tensor);
      const result: Record<string, tf.Tensor> = { y: entry.fn(...xs) };
      if (derive) {
        slopes(xs).forEach((slope, i) => (result[`first${i}`] = slope));
        tf.grads(slopeAlong)(xs).forEach((curve, i) => (result[`second${i}`] = curve));
      }
      return result;
    },
    record((i) => ({ shape: entry.inputs[i]?.shape ?? [] })),
    { threads: 1, name },
  );
  expect(used, 'the case does not use the kernel').toHaveBeenCalled();
  used.mockRestore();
  const results = await compiled.run(record((i) => Float32Array.from(numbers[i] ?? [])));
  await compiled.dispose();
  close([...(results['y'] as Float32Array)], entry.reference(...numbers), 2e-6);
  if (!derive) return;
  const { first, second } = finiteDifferences(entry, numbers);
  const joined = (prefix: string): number[] => keys.flatMap((_, i) => [...(results[`${prefix}${i}`] as Float32Array)]);
  close(joined('first'), first, 1e-4);
  close(joined('second'), second, 1e-3);
}

describe('the kernel table', () => {
  it('has a case for every kernel', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(kernels).sort());
  });

  for (const [name, list] of Object.entries(cases)) {
    list.forEach((entry, i) => it(`${name} ${i}`, () => check(name, entry)));
  }
});
