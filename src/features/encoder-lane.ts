// One encoder at work: a batch of waveforms in, frames out. Runs in this thread or in one of several workers.
import { buildOn } from '../core/disposal.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { ModelSession, type ModelInput } from '../engine/index.js';

/** Waveforms side by side: [lengths.length, width], zero behind each one's end. */
export interface SoundBatch {
  readonly values: Float32Array;
  readonly lengths: readonly number[];
  readonly width: number;
}

export interface FrameBatch {
  /** [B, rows, dim] */
  readonly data: Float32Array;
  readonly rows: number;
  readonly dim: number;
}

/** What a lane is made from; can be sent to another thread. */
export interface LaneOptions {
  /** The ONNX file, ended at the value to take. */
  readonly model: Uint8Array;
  /** Where its files of weights lie. */
  readonly folder: string;
  readonly name: string;
  readonly output: string;
  readonly compute: Compute;
}

export interface EncoderLane {
  readonly inputs: EncoderInputs;
  run(batch: SoundBatch): Promise<FrameBatch>;
  dispose(): Promise<void>;
}

export interface EncoderInputs {
  readonly waveform: string;
  /** undefined: the graph takes waveforms of one length only. */
  readonly mask: string | undefined;
  /** The graph takes one waveform at a time. */
  readonly single: boolean;
}

const waveformNames = ['input_values', 'waveform', 'source', 'input', 'audio', 'waveforms'];
const maskNames = ['attention_mask', 'mask'];

/** Whether an input of this name says where sound is and where padding. */
export const isMask = (name: string): boolean => maskNames.includes(name);

/** @throws AsrError 'model' when the inputs are not a waveform with or without a mask */
export function sortInputs(inputs: readonly ModelInput[], where: string): EncoderInputs {
  const names = inputs.map(({ name }) => name);
  const mask = inputs.find(({ name }) => isMask(name));
  const others = inputs.filter((input) => input !== mask);
  const waveform = others.find(({ name }) => waveformNames.includes(name)) ?? others[0];
  if (!waveform || others.length > 1 || !waveform.type.startsWith('float') || waveform.shape.length !== 2) {
    const spectral = names.includes('input_features');
    throw new AsrError(
      'model',
      `${where}: its inputs are ${names.join(', ') || 'none'}; expected a waveform ` +
        '[batch, samples], with or without attention_mask',
      spectral
        ? 'Encoders that start from a spectrogram (Whisper, wav2vec2-bert) do ' +
            'not fit; take one that reads the waveform.'
        : 'Export the encoder alone, with the task feature-extraction.',
    );
  }
  if (typeof waveform.shape[1] === 'number' && waveform.shape[1] > 0)
    throw new AsrError(
      'model',
      `${where}: takes ${waveform.shape[1]} samples and no other number`,
      'Export it with a free length (dynamic axes).',
    );
  return { waveform: waveform.name, mask: mask?.name, single: waveform.shape[0] === 1 };
}

/** @throws AsrError 'model' when the runtime rejects the file or its inputs are of another kind */
export async function openLane({ model, folder, name, output, compute }: LaneOptions): Promise<EncoderLane> {
  const { threads, engine } = compute;
  const hint = 'If memory ran out, lower features.extraction.memoryMiB or chunkSeconds.';
  const session = await ModelSession.open(model, { name, threads, engine, folder, hint });
  const inputs = await buildOn(session, (opened) => sortInputs(opened.inputs, name));
  return {
    inputs,
    run: async ({ values, lengths, width }) => {
      const shape = [lengths.length, width];
      const mask = inputs.mask === undefined ? {} : { [inputs.mask]: { data: maskOf(lengths, width), shape } };
      const { [output]: found } = await session.run({ [inputs.waveform]: { data: values, shape }, ...mask });
      const [batch, rows, dim] = found?.shape ?? [];
      if (!found || found.shape.length !== 3 || batch !== lengths.length || rows === undefined || dim === undefined) {
        throw new AsrError(
          'model',
          `${name}: the value "${output}" has the shape [` +
            `${found?.shape.join() ?? ''}], expected [batch, frames, dimension]`,
          'Set features.outputNode to another value.',
        );
      }
      return { data: found.data, rows, dim };
    },
    dispose: () => session.dispose(),
  };
}

function maskOf(lengths: readonly number[], width: number): Float32Array {
  const mask = new Float32Array(lengths.length * width);
  lengths.forEach((length, i) => {
    mask.fill(1, i * width, i * width + length);
  });
  return mask;
}
