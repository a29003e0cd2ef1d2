// A generator over frames as ONNX nodes: the same convolution, padding and choice of the best symbol as in the
// program.
import type { GeneratorWeights } from '../gan/index.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';

/**
 * @param frames [T, D] normalised
 * @param silence column that is no phone; -1 = there is none
 * @returns posteriors [1, S, V]; phones [1, S], the best column; starts [1, S], 1 where
 * a phone begins; S rows by the stride
 */
export function addGenerator(graph: OnnxBuilder, frames: Wire, weights: GeneratorWeights, silence: number): RowWires {
  return addBestSymbols(graph, addGeneratorLogits(graph, frames, weights), [silence]);
}

/** @param frames [T, D] normalised. @returns logits [1, S, V] */
export function addGeneratorLogits(
  graph: OnnxBuilder,
  frames: Wire,
  { w, kernel, pad, columns, classes, stride = 1, bias }: GeneratorWeights,
): Wire {
  const form = { pads: [pad, pad], strides: [stride] };
  // [T, D] -> [1, D, T]
  const sequence = graph.node('Unsqueeze', [graph.node('Transpose', [frames], { perm: [1, 0] }), graph.ints(0)]);
  const taps = Float32Array.from({ length: w.length }, (_, i) => {
    // [K D, V] -> [V, D, K]
    const [v, d, j] = [Math.floor(i / (columns * kernel)), Math.floor(i / kernel) % columns, i % kernel];
    return w[(j * columns + d) * classes + v] as number;
  });
  // -> [1, V, S]
  const summed = graph.node('Conv', [sequence, graph.constant('float32', [classes, columns, kernel], taps)], form);
  const logits = bias ? graph.node('Add', [summed, addBias(graph, sequence, bias, { kernel, classes, form })]) : summed;
  return graph.node('Transpose', [logits], { perm: [0, 2, 1] }); // [1, V, S] -> [1, S, V]
}

export interface RowWires {
  /** [1, S, V] */
  readonly posteriors: Wire;
  /** [1, S] the best column. */
  readonly phones: Wire;
  /** [1, S] 1 where a phone begins. */
  readonly starts: Wire;
}

/** @param rows [1, S, V] logits. @param unspoken columns that are no phones; -1 = none */
export function addBestSymbols(graph: OnnxBuilder, rows: Wire, unspoken: readonly number[]): RowWires {
  const phones = graph.node('ArgMax', [rows], { axis: 2, keepdims: 0 }); // [1, S]
  const before = graph.node(
    'Concat',
    [
      graph.constant('int64', [1, 1], [-1]),
      graph.node('Slice', [phones, graph.ints(0), graph.ints(-1), graph.ints(1)]),
    ],
    { axis: 1 },
  );
  const changed = graph.node('Not', [graph.node('Equal', [phones, before])]);
  const starts = unspoken.reduce(
    (found, column) =>
      graph.node('And', [
        found,
        graph.node('Not', [graph.node('Equal', [phones, graph.constant('int64', [], [column])])]),
      ]),
    changed,
  );
  return { posteriors: graph.node('Softmax', [rows], { axis: 2 }), phones, starts };
}

/** What each tap adds where it lies on a frame and not on padding: the same convolution over ones. */
function addBias(
  graph: OnnxBuilder,
  sequence: Wire,
  bias: Float32Array,
  { kernel, classes, form }: { kernel: number; classes: number; form: { pads: number[]; strides: number[] } },
): Wire {
  const nothing = graph.node('ReduceSum', [graph.node('Mul', [sequence, graph.float(0)]), graph.ints(1)], {
    keepdims: 1,
  }); // [1, D, T] -> [1, 1, T]
  const weights = Float32Array.from(
    { length: bias.length },
    (_, i) => bias[(i % kernel) * classes + Math.floor(i / kernel)] as number,
  ); // [K, V] -> [V, 1, K]
  return graph.node(
    'Conv',
    [graph.node('Add', [nothing, graph.float(1)]), graph.constant('float32', [classes, 1, kernel], weights)],
    form,
  );
}
