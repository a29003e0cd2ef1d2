// The filter banks of w2v-BERT 2.0 as ONNX nodes: Kaldi's log mel energies every 10 ms, each band to mean 0 and
// variance 1 over the utterance, two frames side by side. After SeamlessM4TFeatureExtractor of Hugging Face.
import { usualGrid } from '../core/frame-grid.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { asFloat, within, type SoundInput } from './masks.js';
import { kaldiBands, kaldiFilters } from './spectrum.js';

const { window, hop } = usualGrid;
const size = 512;
const bins = size / 2 + 1;
const least = 1.192092955078125e-7;

/**
 * @param padding what stands where the second frame of the last pair is behind the end
 * @returns banks [N, 2 bands]; frames int64 [1]: T of the batch; counts int64 [B, 1]: pairs that are all sound
 */
export function pairedBanks(
  graph: OnnxBuilder,
  { waveform, lengths, width }: SoundInput,
  bands: number,
  padding: number,
): { banks: Wire; frames: Wire; counts: Wire } {
  const filters = graph.constant('float32', [2 * bins, 1, window], kaldiFilters(window, size));
  const parts = graph.node('Conv', [graph.node('Unsqueeze', [waveform, graph.ints(1)]), filters], { strides: [hop] });
  const [real, imaginary] = graph.nodes('Split', [parts], 2, { axis: 1 }) as [Wire, Wire];
  const power = graph.node('Add', [graph.node('Mul', [real, real]), graph.node('Mul', [imaginary, imaginary])]);
  const table = graph.constant('float32', [bands, bins], kaldiBands(bands, bins));
  const log = graph.node('Log', [graph.node('Max', [graph.node('MatMul', [table, power]), graph.float(least)])]);
  const countOf = (samples: Wire): Wire =>
    graph.node('Add', [
      graph.node('Div', [graph.node('Sub', [samples, graph.ints(window)]), graph.ints(hop)]),
      graph.ints(1),
    ]);
  const total = countOf(width);
  const counts = countOf(lengths); // [B, 1]
  const isSound = graph.node('Unsqueeze', [within(graph, counts, total), graph.ints(1)]); // [B, 1, M]
  const ones = asFloat(graph, isSound);
  const sum = (x: Wire): Wire =>
    graph.node('ReduceSum', [graph.node('Mul', [x, ones]), graph.ints(2)], { keepdims: 1 });
  const number = graph.node('Unsqueeze', [graph.node('Cast', [counts], { to: 1 }), graph.ints(2)]); // [B, 1, 1]
  const centred = graph.node('Sub', [log, graph.node('Div', [sum(log), number])]);
  const others = graph.node('Max', [graph.node('Sub', [number, graph.float(1)]), graph.float(1)]);
  const variance = graph.node('Div', [sum(graph.node('Mul', [centred, centred])), others]);
  const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.float(1e-7)])]);
  const level = graph.node('Where', [isSound, graph.node('Div', [centred, deviation]), graph.float(padding)]);
  // One more where the number is odd.
  const frames = graph.node('Div', [graph.node('Add', [total, graph.ints(1)]), graph.ints(2)]);
  const missing = graph.node('Sub', [graph.node('Mul', [frames, graph.ints(2)]), total]);
  const pads = graph.node('Concat', [graph.ints(0, 0, 0, 0, 0), missing], { axis: 0 });
  const even = graph.node('Pad', [level, pads, graph.float(padding)], { mode: 'constant' }); // [B, bands, 2 T]
  const rows = graph.node('Transpose', [even], { perm: [0, 2, 1] });
  return {
    banks: graph.node('Reshape', [rows, graph.ints(-1, 2 * bands)]),
    frames,
    counts: graph.node('Div', [counts, graph.ints(2)]),
  };
}
