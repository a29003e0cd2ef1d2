// A model folder in, one ONNX file out: a waveform goes in, phone posteriors and the model's own best path come out,
// so that a browser, a phone or Python runs it without this program.
import { join } from 'node:path';
import { AsrError } from '../core/errors.js';
import { OnnxBuilder, type Wire } from '../engine/index.js';
import type { FeaturesConfig } from '../features/config.js';
import { blankSymbol, readEmissionParts, type EmissionParts } from '../learn/emission.js';
import { addCtc } from './export-ctc.js';
import { addFrames } from './export-features.js';
import { addGenerator } from './export-generator.js';
import { addHmm } from './export-hmm.js';
import { findModelFolder, readModelRecord } from './model-folder.js';
import type { ModelRecord } from './model-record.js';

/** Raised when inputs, outputs or metadata change their meaning. */
export const exportVersion = 1;

/** Model kinds that can leave the house as one graph. */
export const exportableKinds = ['hmm', 'generator over frames', 'ctc'] as const;

/**
 * Inputs: `waveform` float32 [1, N], mono, 16 kHz, full scale 1, speech without long pauses (the energy VAD stays
 * outside). Outputs, T = 1 + floor((N - window) / hop), fewer for a generator with a stride, half as many for CTC:
 * `posteriors` float32 [1, T, V] (forward-backward of an HMM, softmax of a generator or CTC, silence and blank among
 * the columns), `phones` int32 [1, T] and `starts` int32 [1, T] (1 where a phone begins): the phones at the starts are
 * what greedy decoding gives. Metadata holds schema, phones, rates, the licence and the model's record as JSON.
 * @throws AsrError 'model' when the folder is damaged or its kind of model cannot be exported
 */
export async function exportModel(named: string): Promise<Uint8Array> {
  const folder = findModelFolder(named);
  const record = await readModelRecord(folder);
  const emission = await readEmissionParts(join(folder, 'emission'));
  const graph = new OnnxBuilder();
  const waveform = graph.input('waveform', 'float32', [1, 'samples']);
  const { wires, phones, stride } =
    emission.kind === 'ctc'
      ? addNetwork(graph, waveform, record.features, emission)
      : addEmission(graph, addFrames(graph, waveform, mfccOf(record, folder)), exportable(emission, folder));
  graph.output('posteriors', wires.posteriors, 'float32', [1, 'frames', phones.length]);
  for (const name of ['phones', 'starts'] as const)
    graph.output(name, graph.node('Cast', [wires[name]], { to: 6 }), 'int32', [1, 'frames']);
  return graph.encode(record.title || 'asr', {
    'asr.schema': String(exportVersion),
    'asr.program': record.program,
    'asr.title': record.title,
    'asr.licence': record.licence,
    'asr.sampleRate': String(record.sampleRate),
    'asr.hop': String(stride * Math.round(record.features.hopSeconds * record.sampleRate)),
    'asr.window': String(Math.round(record.features.windowSeconds * record.sampleRate)),
    'asr.phones': JSON.stringify(phones),
    'asr.use':
      'waveform: float32 [1, samples], mono, full scale 1, speech without long pauses. Take the phone at every ' +
      'frame where starts is 1; posteriors are per frame.',
    'asr.model': JSON.stringify({ ...record, files: undefined, seal: undefined }),
  });
}

/** @throws AsrError 'model' for features that no graph computes */
function mfccOf({ features }: ModelRecord, folder: string): FeaturesConfig {
  if (features.kind === 'mfcc') return features;
  throw new AsrError(
    'model',
    `${folder}: a model with features of the kind "${features.kind}" cannot be one ONNX graph yet: ` +
      'only MFCC can, and networks trained with CTC',
    'Run it with `asr transcribe`, or learn with features.kind=mfcc.',
  );
}

type FrameEmission = Extract<EmissionParts, { kind: 'hmm' | 'generator' }>;

/** @throws AsrError 'model' for kinds that are no graph */
function exportable(emission: EmissionParts, folder: string): FrameEmission {
  if (emission.kind === 'hmm' || (emission.kind === 'generator' && emission.input === 'frames')) return emission;
  const why = {
    triphone: 'its states depend on the phones around them, which its own search finds',
    network: 'its phones come from a search with a language model',
  };
  throw new AsrError(
    'model',
    emission.kind === 'triphone' || emission.kind === 'network'
      ? `${folder}: a model of the kind "${emission.kind}" cannot be one ONNX graph: ${why[emission.kind]}`
      : `${folder}: a model of the kind "${emission.kind}" over segments cannot be one ONNX graph: segments come ` +
          'from dynamic programming over the utterance',
    `Kinds that can: ${exportableKinds.join(', ')}. Learn with learn.refine=hmm or selftrain.method=ctc, or run ` +
      `this one with \`asr transcribe\`.`,
  );
}

interface AddedEmission {
  readonly wires: { readonly posteriors: Wire; readonly phones: Wire; readonly starts: Wire };
  /** Symbols of the columns. */
  readonly phones: readonly string[];
  /** Frames from one row to the next. */
  readonly stride: number;
}

function addNetwork(
  graph: OnnxBuilder,
  waveform: Wire,
  features: FeaturesConfig,
  { phones, silence, network }: Extract<EmissionParts, { kind: 'ctc' }>,
): AddedEmission {
  const unspoken = [phones.indexOf(silence), phones.indexOf(blankSymbol)];
  return { wires: addCtc(graph, waveform, features, network, unspoken), phones, stride: 2 };
}

function addEmission(graph: OnnxBuilder, frames: Wire, emission: FrameEmission): AddedEmission {
  const { phones } = emission;
  if (emission.kind === 'generator') {
    return {
      wires: addGenerator(graph, frames, emission.generator, phones.indexOf(emission.silence)),
      phones,
      stride: emission.generator.stride ?? 1,
    };
  }
  const { posteriors, phones: best, starts } = addHmm(graph, frames, emission.hmm);
  const batched = (wire: Wire): Wire => graph.node('Unsqueeze', [wire, graph.ints(0)]);
  const own = emission.hmm.topology.phones;
  // A silence with states of its own is no phone that starts.
  const spoken =
    own < phones.length
      ? starts
      : graph.node('And', [
          starts,
          graph.node('Not', [graph.node('Equal', [best, graph.constant('int64', [], [own - 1])])]),
        ]);
  return {
    wires: { posteriors: batched(posteriors), phones: batched(best), starts: batched(spoken) },
    phones: phones.slice(0, own),
    stride: 1,
  };
}
