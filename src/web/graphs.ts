// The two steps that a browser computes with onnxruntime, as graphs whose number of rows is free: frames of sound to
// numbers, and numbers to scores of phones. Everything else is the program's own, the same in a browser as here.
import { addScores } from '../bundle/export-hmm.js';
import { addGeneratorLogits } from '../bundle/export-generator.js';
import { addNetworkLogits } from '../bundle/export-ctc.js';
import type { TrainedNetwork } from '../bootstrap/posteriors.js';
import { OnnxBuilder, type Wire } from '../engine/index.js';
import type { FeaturesConfig } from '../features/config.js';
import { mfccTables } from '../features/tables.js';
import type { GeneratorWeights } from '../gan/index.js';
import type { Gaussians } from '../hmm/gaussians.js';

/**
 * `frames` [T, W] without their means -> `values` [T, C]: cepstra for MFCC, log-mel bands for log-mel
 * (features/mfcc.ts).
 */
export function framesGraph(config: FeaturesConfig): Uint8Array {
  const isMfcc = config.kind === 'mfcc';
  const { window, bins, bands, coefficients, cosine, sine, mel, cepstrum } = mfccTables(
    isMfcc ? config : { ...config, coefficients: 1 },
  );
  const graph = new OnnxBuilder();
  const frames = graph.input('frames', 'float32', ['rows', window]);
  const times = (value: Wire, shape: [number, number], table: Float32Array): Wire =>
    graph.node('MatMul', [value, graph.constant('float32', shape, table)]);
  const real = times(frames, [window, bins], cosine);
  const imaginary = times(frames, [window, bins], sine);
  const power = graph.node('Add', [graph.node('Mul', [real, real]), graph.node('Mul', [imaginary, imaginary])]);
  const energy = times(power, [bins, bands], mel); // [T, B] -> [T, M]
  const logs = graph.node('Log', [graph.node('Max', [energy, graph.float(config.energyFloor)])]);
  const values = isMfcc ? times(logs, [bands, coefficients], cepstrum) : logs;
  graph.output('values', values, 'float32', ['rows', isMfcc ? coefficients : bands]);
  return graph.encode('frames');
}

/** `frames` [T, D] -> `scores` [T, S] natural log densities */
export function gaussiansGraph(gaussians: Gaussians): Uint8Array {
  const graph = new OnnxBuilder();
  const frames = graph.input('frames', 'float32', ['rows', gaussians.dim]);
  graph.output('scores', addScores(graph, frames, gaussians, 1), 'float32', ['rows', gaussians.states]);
  return graph.encode('gaussians');
}

/** `frames` [T, M], normalised -> `scores` [S, V] natural log probabilities, `hidden` left out */
export function networkGraph(network: TrainedNetwork): Uint8Array {
  const graph = new OnnxBuilder();
  const frames = graph.input('frames', 'float32', ['rows', network.shape.bands]);
  // [T, M] -> [1, M, T]
  const turned = graph.node('Unsqueeze', [graph.node('Transpose', [frames], { perm: [1, 0] }), graph.ints(0)]);
  return scored(graph, addNetworkLogits(graph, turned, network), network.shape.classes);
}

/** `frames` [T, D] -> `scores` [N, V] natural log probabilities */
export function generatorGraph(weights: GeneratorWeights): Uint8Array {
  const graph = new OnnxBuilder();
  const frames = graph.input('frames', 'float32', ['rows', weights.columns]);
  return scored(graph, addGeneratorLogits(graph, frames, weights), weights.classes);
}

/** @param logits [1, S, V] */
function scored(graph: OnnxBuilder, logits: Wire, classes: number): Uint8Array {
  const logs = graph.node('LogSoftmax', [graph.node('Squeeze', [logits, graph.ints(0)])], { axis: 1 });
  graph.output('scores', logs, 'float32', ['out', classes]);
  return graph.encode('scores');
}
