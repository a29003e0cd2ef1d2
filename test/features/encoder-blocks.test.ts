// Where a block ends: found in graphs whose names say only which nodes belong to it, and refused where graph and names
// do not go together.
import { describe, expect, it } from 'vitest';
import { families } from '../../bench/encoder-families.js';
import { encoderOnnx } from '../../bench/encoder-graph.js';
import { readOnnxFile } from '../../src/engine/index.js';
import { chooseValue, findBlocks } from '../../src/features/encoder-blocks.js';
import { findWaists } from '../../src/features/encoder-waists.js';
import { withDynamoNames } from './dynamo-names.js';

const byLayer = (layer: number) => ({ layer, outputNode: '' });

describe.each(['wav2vec2-large', 'wavlm-large', 'wav2vec2-base', 'data2vec', 'mms-ctc'])('%s', (family) => {
  const onnx = encoderOnnx(families[family]!);
  const plain = readOnnxFile(onnx, 'x');
  const dynamo = readOnnxFile(withDynamoNames(onnx), 'x');
  it('ends its blocks at the same nodes, whichever exporter named them', () => {
    const expected = findBlocks(plain).values;
    const found = findBlocks(dynamo).values;
    expect([...found.keys()].sort()).toEqual([0, 1, 2, 3]);
    const place = (file: typeof plain, value: string): number =>
      file.nodes.findIndex(({ outputs }) => outputs.includes(value));
    for (const block of [0, 1, 2, 3])
      expect(place(dynamo, found.get(block)!), `block ${block}`).toBe(place(plain, expected.get(block)!));
  });

  it('ends a pre-norm block at a sum, a post-norm block at a norm, and all of a block lies before its end', () => {
    const waists = findWaists(dynamo, ['input_values'], dynamo.outputs);
    const { values } = findBlocks(dynamo);
    for (const block of [1, 2, 3]) {
      const at = waists.values.indexOf(values.get(block)!);
      expect(waists.sums[at]).toBe(families[family]!.preNorm);
      expect(at).toBeGreaterThan(waists.values.indexOf(values.get(block - 1)!));
    }
  });
});

describe('names that the graph does not bear out', () => {
  const onnx = encoderOnnx(families['wav2vec2-large']!);
  const chosen = (keep: (module: string) => boolean, layer: number): string =>
    chooseValue(readOnnxFile(withDynamoNames(onnx, keep), 'x'), byLayer(layer), 'x');

  it('are refused, with values that could be meant', () => {
    // Of block 2 only the second half is named, so that the sum in its middle looks like the end of block 1.
    const half = (module: string): boolean => !/layers\.1\.(attention|layer_norm)|layers\.1$/.test(module);
    expect(() => chosen(half, 1)).toThrow(/where block 1 ends cannot be verified: .*Add/);
    // What block 2 ends with is known all the same.
    expect(chosen(half, 2)).toBe(findBlocks(readOnnxFile(withDynamoNames(onnx), 'x')).values.get(2));
    expect(() => chosen((module) => !module.includes('layers.1'), 1)).toThrow(
      /names do not say where the next block begins/,
    );
    expect(() => chosen(() => false, 1)).toThrow(/do not say where a block ends/);
  });

  it('do not matter where only the sums of a block go by no name', () => {
    const inner = (module: string): boolean => module.split('.').length > 3;
    const all = findBlocks(readOnnxFile(withDynamoNames(onnx), 'x')).values;
    for (const block of [0, 1, 2, 3]) expect(chosen(inner, block)).toBe(all.get(block));
  });
});
