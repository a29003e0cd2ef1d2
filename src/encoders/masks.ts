// Which samples and frames of a batch are sound and which are padding, as values of the graph.
import type { OnnxBuilder, Wire } from '../engine/index.js';

export interface SoundInput {
  /** float32 [B, W], zero behind each waveform's end. */
  readonly waveform: Wire;
  /** int64 [B, 1]: samples of each. */
  readonly lengths: Wire;
  /** int64 [1] */
  readonly batch: Wire;
  /** int64 [1]: W. */
  readonly width: Wire;
}

/** The two inputs of every encoder that can tell padding from sound. */
export function maskedInput(graph: OnnxBuilder): SoundInput {
  const waveform = graph.input('input_values', 'float32', ['batch', 'samples']);
  const mask = graph.input('attention_mask', 'int64', ['batch', 'samples']);
  const shape = graph.node('Shape', [waveform]);
  return {
    waveform,
    lengths: graph.node('ReduceSum', [mask, graph.ints(1)], { keepdims: 1 }),
    batch: graph.node('Gather', [shape, graph.ints(0)]),
    width: graph.node('Gather', [shape, graph.ints(1)]),
  };
}

/** 0, 1 … n - 1 as int64 [n]. */
export function counting(graph: OnnxBuilder, n: Wire): Wire {
  const zero = graph.constant('int64', [], [0]);
  const end = graph.node('Squeeze', [n, graph.ints(0)]);
  return graph.node('Range', [zero, end, graph.constant('int64', [], [1])]);
}

/** What is true of the first `lengths` of n places. int64 [B, 1] -> bool [B, n] */
export function within(graph: OnnxBuilder, lengths: Wire, n: Wire): Wire {
  return graph.node('Less', [graph.node('Unsqueeze', [counting(graph, n), graph.ints(0)]), lengths]);
}

export const asFloat = (graph: OnnxBuilder, flags: Wire): Wire => graph.node('Cast', [flags], { to: 1 });

/** Added to attention's scores: 0 for sound, a number that leaves nothing for padding. bool [B, T] -> [B, 1, 1, T] */
export function attentionBias(graph: OnnxBuilder, isSound: Wire): Wire {
  const bias = graph.node('Where', [isSound, graph.float(0), graph.float(-1e30)]);
  return graph.node('Unsqueeze', [bias, graph.ints(1, 2)]);
}
