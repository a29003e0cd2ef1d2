// The numbers of a trained network, and of what stands beside it, as one array on disk: parts in a known order, without
// names of their own.
import { AsrError } from '../core/errors.js';
import { readFloatNpy, writeNpy } from '../core/npy.js';
import { parameterShapes, type NetworkShape } from './network.js';
import type { TrainedNetwork } from './posteriors.js';

/** Names and sizes of the parts, in their order. */
export type ArrayLayout = readonly (readonly [name: string, size: number])[];
export type ArrayParts = Readonly<Record<string, Float32Array>>;

/** Parameters in the order of their names, then mean and variance of each layer. */
export function networkLayout(shape: NetworkShape): ArrayLayout {
  const parameters = Object.entries(parameterShapes(shape)).map(([name, dims]): [string, number] => [
    name,
    dims.reduce((a, b) => a * b, 1),
  ]);
  const moments = Array.from({ length: shape.layers }, (_, l): [string, number][] => [
    [`mean ${l}`, shape.channels],
    [`variance ${l}`, shape.channels],
  ]);
  return [...parameters, ...moments.flat()];
}

export function networkParts({ parameters, moments }: TrainedNetwork): ArrayParts {
  return {
    ...parameters,
    ...Object.fromEntries(
      moments.flatMap(({ mean, variance }, l) => [
        [`mean ${l}`, mean],
        [`variance ${l}`, variance],
      ]),
    ),
  };
}

export function networkOf(shape: NetworkShape, parts: ArrayParts): TrainedNetwork {
  return {
    shape,
    parameters: parts,
    moments: Array.from({ length: shape.layers }, (_, l) => ({
      mean: parts[`mean ${l}`] as Float32Array,
      variance: parts[`variance ${l}`] as Float32Array,
    })),
  };
}

export async function saveArrays(path: string, layout: ArrayLayout, parts: ArrayParts): Promise<void> {
  const numbers = new Float32Array(sizeOf(layout));
  let at = 0;
  for (const [name, size] of layout) {
    numbers.set(parts[name] as Float32Array, at);
    at += size;
  }
  await writeNpy(path, numbers, [numbers.length]);
}

/** @throws AsrError 'input' when the file holds another count of numbers */
export async function loadArrays(path: string, layout: ArrayLayout): Promise<ArrayParts> {
  const { data } = await readFloatNpy(path);
  const expected = sizeOf(layout);
  if (data.length !== expected)
    throw new AsrError(
      'input',
      `${path}: expected ${expected} numbers, found ${data.length}`,
      'The files of this model do not belong together; make it again.',
    );
  let at = 0;
  return Object.fromEntries(layout.map(([name, size]) => [name, data.slice(at, (at += size))]));
}

const sizeOf = (layout: ArrayLayout): number => layout.reduce((sum, [, size]) => sum + size, 0);
