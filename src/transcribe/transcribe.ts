// One file in, a transcript out: what `asr transcribe` and library users call.
import { decodeAudio } from '../audio/decode.js';
import { sampleRate } from '../core/records.js';
import type { Model } from './model.js';

/** Times in seconds of the recording. */
export interface TranscribedPhone {
  readonly phone: string;
  readonly start: number;
  readonly end: number;
}

export interface Transcript {
  readonly file: string;
  readonly seconds: number;
  readonly phones: readonly TranscribedPhone[];
}

/** @param path any sound file. @throws AsrError 'input' when it holds no usable sound */
export async function transcribeFile(model: Model, path: string): Promise<Transcript> {
  const { samples } = await decodeAudio(path);
  const phones = await model.recognise(samples);
  const inSeconds = (sample: number): number => Math.round(sample / sampleRate * 1000) / 1000;
  return {
    file: path,
    seconds: inSeconds(samples.length),
    phones: phones.map(({ phone, start, end }) => ({ phone, start: inSeconds(start), end: inSeconds(end) })),
  };
}
