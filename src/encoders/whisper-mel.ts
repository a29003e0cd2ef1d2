// Whisper's own log-mel spectrum as ONNX nodes: frames every 10 ms, centred and reflected at both ends of each
// utterance, magnitudes squared, Slaney's mel bands, log10, floor 8 below the loudest, (x + 4) / 4.
// After WhisperFeatureExtractor of Hugging Face with padding="longest"; padding in a batch is never heard.
import { usualGrid } from '../core/frame-grid.js';
import type { OnnxBuilder, Wire } from '../engine/index.js';
import { counting, within, type SoundInput } from './masks.js';
import { slaneyBands, spectrumFilters } from './spectrum.js';

const { window, hop } = usualGrid;
const bins = window / 2 + 1;

/** @returns mel [B, bands, M] and which of its frames are sound, bool [B, M]; M = floor(W / 160) */
export function whisperMel(graph: OnnxBuilder, sound: SoundInput, bands: number): { mel: Wire; isSound: Wire } {
  const wave = graph.node('Unsqueeze', [reflected(graph, sound), graph.ints(1)]);
  const filters = graph.constant('float32', [2 * bins, 1, window], spectrumFilters(hann(window)));
  const all = graph.node('Conv', [wave, filters], { strides: [hop] }); // [B, 1, W + 400] -> [B, 2 bins, M + 1]
  const frames = graph.node('Div', [sound.width, graph.ints(hop)]);
  const parts = graph.node('Slice', [all, graph.ints(0), frames, graph.ints(2)]); // the last frame is thrown away
  const [real, imaginary] = graph.nodes('Split', [parts], 2, { axis: 1 }) as [Wire, Wire];
  const power = graph.node('Add', [graph.node('Mul', [real, real]), graph.node('Mul', [imaginary, imaginary])]);
  const table = graph.constant('float32', [bands, bins], slaneyBands(bands, bins));
  const energy = graph.node('Max', [graph.node('MatMul', [table, power]), graph.float(1e-10)]); // -> [B, bands, M]
  const isSound = within(graph, graph.node('Div', [sound.lengths, graph.ints(hop)]), frames);
  const log = graph.node('Mul', [graph.node('Log', [energy]), graph.float(Math.LOG10E)]);
  const masked = graph.node('Where', [graph.node('Unsqueeze', [isSound, graph.ints(1)]), log, graph.float(-10)]);
  const loudest = graph.node('ReduceMax', [masked], { axes: [1, 2], keepdims: 1 });
  const floored = graph.node('Max', [masked, graph.node('Sub', [loudest, graph.float(8)])]);
  const mel = graph.node('Div', [graph.node('Add', [floored, graph.float(4)]), graph.float(4)]);
  return { mel, isSound };
}

/**
 * Half a window more on both sides, mirrored at the first and the last sample of each utterance. [B, W] -> [B, W + 400]
 */
function reflected(graph: OnnxBuilder, { waveform, lengths, width, batch }: SoundInput): Wire {
  const half = window / 2;
  const indices = graph.node('Sub', [
    counting(graph, graph.node('Add', [width, graph.ints(window)])),
    graph.ints(half),
  ]);
  const folded = graph.node('Unsqueeze', [graph.node('Abs', [indices]), graph.ints(0)]); // [1, W + 400]
  const last = graph.node('Sub', [lengths, graph.ints(1)]); // [B, 1]
  const behind = graph.node('Abs', [graph.node('Sub', [folded, last])]);
  const mirrored = graph.node('Sub', [last, behind]); // min(place, 2 last - place)
  const inside = graph.node('Max', [mirrored, graph.ints(0)]);
  const shape = graph.node('Concat', [batch, graph.node('Shape', [indices])], { axis: 0 });
  return graph.node('GatherElements', [waveform, graph.node('Expand', [inside, shape])], { axis: 1 });
}

/** Periodic, as torch.hann_window. */
const hann = (length: number): Float64Array =>
  Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / length));
