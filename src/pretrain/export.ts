// The trained encoder as the folder of a published one: model.onnx (waveform in, the states of every block out),
// config.json and preprocessor_config.json, so that the features stage and other programs need not know who made it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleRate, samplesOf } from '../core/time.js';
import { OnnxBuilder, type Wire } from '../engine/index.js';
import type { FeaturesConfig } from '../features/config.js';
import { ownFamily, ownState } from '../features/encoder-files.js';
import { addLogBands } from '../features/graph-bands.js';
import { mfccTables } from '../features/tables.js';
import type { Level } from './level.js';
import { tiny, type EncoderShape } from './network.js';

export interface EncoderModel {
  readonly shape: EncoderShape;
  readonly weights: Readonly<Record<string, Float32Array>>;
  readonly level: Level;
  /** Of the log-mel stage that it was trained on. */
  readonly front: FeaturesConfig;
}

/**
 * Input `input_values` float32 [1, samples], 16 kHz, full scale 1. Outputs `hidden_states.n` [1, frames, channels]: 0 =
 * before the first block, each frame with mean 0 and variance 1 over its channels; behind the last block, two of them
 * side by side [1, frames, 2 channels].
 */
export function encoderGraph({ shape, weights, level, front }: EncoderModel): Uint8Array {
  const { bands, channels, kernel, dilations } = shape;
  const graph = new OnnxBuilder();
  const of = (name: string): Float32Array => weights[name]!;
  const vector = (values: ArrayLike<number>): Wire => graph.constant('float32', [values.length], values);
  const reach = kernel >> 1;
  const convolution = (
    x: Wire,
    name: string,
    bias: string,
    inputs: number,
    attributes: Record<string, readonly number[]>,
  ): Wire =>
    graph.node(
      'Conv',
      [
        x,
        graph.constant('float32', [channels, inputs, kernel], tapsLast(of(name), kernel, inputs, channels)),
        vector(of(bias)),
      ],
      attributes,
    );
  const flipped = (x: Wire): Wire => graph.node('Transpose', [x], { perm: [0, 2, 1] });
  const norm = (x: Wire, gain: ArrayLike<number>, shift: ArrayLike<number>): Wire =>
    // [1, C, T] -> [1, T, C]
    graph.node('LayerNormalization', [flipped(x), vector(gain), vector(shift)], { axis: -1, epsilon: { float: tiny } });

  const bandsWire = addLogBands(
    graph,
    graph.input('input_values', 'float32', [1, 'samples']),
    mfccTables({ ...front, coefficients: 1 }),
    front.energyFloor,
  );
  let h = graph.within('front', () =>
    convolution(addNormalisedWithPrior(graph, bandsWire, level), 'front', 'front.bias', bands, {
      strides: [2],
      pads: [reach, reach],
    }),
  );
  const [ones, zeros] = [new Float32Array(channels).fill(1), new Float32Array(channels)];
  const states = [norm(h, ones, zeros)];
  dilations.forEach((dilation, l) => {
    graph.within(`encoder/layers.${l}`, () => {
      const normal = flipped(graph.node('Relu', [norm(h, of(`gain${l}`), of(`shift${l}`))]));
      h = graph.node('Add', [
        h,
        convolution(normal, `w${l}`, `b${l}`, channels, {
          dilations: [dilation],
          pads: [reach * dilation, reach * dilation],
        }),
      ]);
    });
    states.push(norm(h, ones, zeros));
  });
  states.forEach((state, n) => {
    graph.output(ownState(n), state, 'float32', [1, 'frames', channels]);
  });
  const pair = graph.within('encoder/joined', () =>
    graph.node(
      'Concat',
      joinedBlocks(dilations.length).map((n) => states[n] as Wire),
      { axis: 2 },
    ),
  );
  graph.output(ownState(states.length), pair, 'float32', [1, 'frames', 2 * channels]);
  return graph.encode(ownFamily, {
    'asr.use':
      'input_values: float32 [1, samples], mono, 16 kHz, full scale 1; hidden_states.n: every 20 ms, from 0.0125 s on.',
  });
}

/**
 * A lower block that is near the sound and an upper one that is near the targets: a linear probe
 * reads more from both than from any one.
 */
export const joinedBlocks = (blocks: number): [number, number] => [
  Math.max(1, Math.round(0.4 * blocks)),
  Math.max(1, Math.round(0.8 * blocks)),
];

/** [kernel x inputs, outputs] -> [outputs, inputs, kernel], as ONNX wants it */
function tapsLast(weight: Float32Array, kernel: number, inputs: number, outputs: number): Float32Array {
  const out = new Float32Array(weight.length);
  for (let k = 0; k < kernel; k++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) out[(o * inputs + i) * kernel + k] = weight[(k * inputs + i) * outputs + o]!;
  return out;
}

/** As `levelled`. [1, M, T] -> [1, M, T] */
function addNormalisedWithPrior(graph: OnnxBuilder, x: Wire, { mean, variance, prior }: Level): Wire {
  const kept = Math.max(prior, 1e-3);
  const column = (values: ArrayLike<number>): Wire => graph.constant('float32', [1, values.length, 1], values);
  const centred = graph.node('Sub', [x, column(mean)]);
  const rows = graph.node(
    'Cast',
    [graph.node('Gather', [graph.node('Shape', [x]), graph.constant('int64', [], [2])])],
    { to: 1 },
  );
  const count = graph.node('Add', [rows, graph.float(kept)]);
  const summed = (value: Wire): Wire => graph.node('ReduceSum', [value, graph.ints(2)], { keepdims: 1 });
  const off = graph.node('Div', [summed(centred), count]);
  const square = graph.node('Add', [
    summed(graph.node('Mul', [centred, centred])),
    column(variance.map((value) => value * kept)),
  ]);
  const found = graph.node('Sub', [graph.node('Div', [square, count]), graph.node('Mul', [off, off])]);
  return graph.node('Div', [
    graph.node('Sub', [centred, off]),
    graph.node('Sqrt', [graph.node('Max', [found, graph.float(1e-5)])]),
  ]);
}

/** Writes the three files into `folder`. */
export async function writeEncoder(folder: string, model: EncoderModel): Promise<void> {
  const { shape, front } = model;
  const window = samplesOf(front.windowSeconds);
  const hop = samplesOf(front.hopSeconds);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.onnx'), encoderGraph(model));
  const config = {
    model_type: ownFamily,
    num_hidden_layers: shape.dilations.length + 1,
    default_layer: shape.dilations.length + 1,
    hidden_size: shape.channels,
    intermediate_size: shape.channels,
    num_attention_heads: 1,
    conv_dim: [shape.channels, shape.channels],
    conv_kernel: [window, 1],
    conv_stride: [hop, 2],
    feat_extract_norm: 'group',
  };
  await writeFile(join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  await writeFile(
    join(folder, 'preprocessor_config.json'),
    `${JSON.stringify({ do_normalize: false, sampling_rate: sampleRate, feature_size: 1 }, null, 2)}\n`,
  );
}
