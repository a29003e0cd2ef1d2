// A model folder in, one ONNX file out: a waveform goes in, phone posteriors and the model's own best path come out,
// so that a browser, a phone or Python runs it without this program.
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { OnnxBuilder } from '../engine/index.js';
import { readHmmEmission } from '../learn/emission.js';
import { addFrames } from './export-features.js';
import { addHmm } from './export-hmm.js';
import { readModelRecord } from './model-folder.js';

/** Raised when inputs, outputs or metadata change their meaning. */
export const exportVersion = 1;

/** Model kinds that can leave the house as one graph. */
export const exportableKinds = ['hmm'] as const;

/**
 * Inputs: `waveform` float32 [1, N], mono, 16 kHz, full scale 1, speech without long pauses (the energy VAD stays
 * outside). Outputs, T = 1 + floor((N - window) / hop): `posteriors` float32 [1, T, V] (forward-backward), `phones`
 * int32 [1, T] and `starts` int32 [1, T] (1 where a phone begins): the phones at the starts are what greedy decoding
 * gives. Metadata holds schema, phones, rates, the licence and the model's record as JSON.
 * @throws AsrError 'model' when the folder is damaged or its kind of model cannot be exported
 */
export async function exportModel(folder: string): Promise<Uint8Array> {
  const record = await readModelRecord(folder);
  if (record.features.kind !== 'mfcc') {
    throw new AsrError('model', `${folder}: a model with features of the kind "${record.features.kind}" cannot be one ONNX graph yet: only MFCC can`, 'Run it with `asr transcribe`, or learn with features.kind=mfcc.');
  }
  const emission = await readHmmEmission(join(folder, 'emission'));
  if (!('hmm' in emission)) {
    throw new AsrError('model', `${folder}: a model of the kind "${emission.kind}" cannot be one ONNX graph: its segments come from dynamic programming over the utterance`,
      `Kinds that can: ${exportableKinds.join(', ')}. Learn with learn.refine=hmm, or run this one with \`asr transcribe\`.`);
  }
  const { hmm, phones } = emission;
  const graph = new OnnxBuilder();
  const frames = addFrames(graph, graph.input('waveform', 'float32', [1, 'samples']), record.features);
  const wires = addHmm(graph, frames, hmm);
  const batched = graph.ints(0);
  graph.output('posteriors', graph.node('Unsqueeze', [wires.posteriors, batched]), 'float32', [1, 'frames', hmm.topology.phones]);
  for (const name of ['phones', 'starts'] as const) {
    graph.output(name, graph.node('Cast', [graph.node('Unsqueeze', [wires[name], batched])], { to: 6 }), 'int32', [1, 'frames']);
  }
  return graph.encode(record.title || 'asr', {
    'asr.schema': String(exportVersion), 'asr.program': record.program, 'asr.title': record.title, 'asr.licence': record.licence,
    'asr.sampleRate': String(record.sampleRate), 'asr.hop': String(Math.round(record.features.hopSeconds * record.sampleRate)), 'asr.window': String(Math.round(record.features.windowSeconds * record.sampleRate)),
    'asr.phones': JSON.stringify(phones.slice(0, hmm.topology.phones)),
    'asr.use': 'waveform: float32 [1, samples], mono, full scale 1, speech without long pauses. Take the phone at every frame where starts is 1; posteriors are per frame.',
    'asr.model': JSON.stringify({ ...record, files: undefined, seal: undefined }),
  });
}
