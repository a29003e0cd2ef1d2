// A wav file's bytes in, mono 16 kHz samples out, by wavefile. Linear PCM of 8 to 32 bits and floats; the rest
// (A-law, ADPCM, odd bit depths) is left to ffmpeg. A data chunk that is cut short is decoded as far as it goes.
import { createRequire } from 'node:module';
import { MonoCollector, type GridAudio } from './mono.js';

// Required, not imported: before an import Node would read the whole bundle for the names that it exports.
const { WaveFile } = createRequire(import.meta.url)('wavefile') as typeof import('wavefile');
type WaveFile = InstanceType<typeof WaveFile>;

interface Format {
  readonly audioFormat: number;
  readonly numChannels: number;
  readonly sampleRate: number;
  readonly blockAlign: number;
  readonly bitsPerSample: number;
  readonly subformat: readonly number[];
}

const pcm = 1;
const float = 3;
const extensible = 0xfffe;
/** Frames converted at once, so that doubles exist for a part of the file only. */
const chunkFrames = 1 << 16;

export function looksLikeWav(head: Uint8Array): boolean {
  const tag = (from: number): string => String.fromCharCode(...head.subarray(from, from + 4));
  return ['RIFF', 'RIFX', 'RF64'].includes(tag(0)) && tag(8) === 'WAVE';
}

/**
 * @param bytes the whole file
 * @returns undefined when the encoding is none that wavefile reads as plain samples
 * @throws AsrError 'input' when there are no samples, or NaN among them
 */
export function decodeWav(bytes: Uint8Array, where: string): GridAudio | undefined {
  const wave = new WaveFile();
  try {
    wave.fromBuffer(bytes);
  } catch {
    return undefined;
  }
  const format = wave.fmt as Format;
  const { chunkSize, samples } = wave.data as { chunkSize: number; samples: Uint8Array };
  const kind = format.audioFormat === extensible ? format.subformat[0] : format.audioFormat;
  const bits = format.bitsPerSample;
  const known = (kind === pcm && [8, 16, 24, 32].includes(bits)) || (kind === float && [32, 64].includes(bits));
  const frameBytes = (format.numChannels * bits) / 8;
  // Writers that were killed leave a size of 0 with samples after it; ffmpeg reads those.
  if (!known || format.blockAlign !== frameBytes || (chunkSize === 0 && bytes.length > 64)) return undefined;

  const collector = new MonoCollector(where, format.sampleRate, format.numChannels);
  const data = samples.subarray(0, Math.min(chunkSize, samples.length)); // wavefile counts the padding byte in
  const frames = Math.floor(data.length / frameBytes);
  for (let frame = 0; frame < frames; frame += chunkFrames) {
    const part = data.subarray(frame * frameBytes, Math.min(frames, frame + chunkFrames) * frameBytes);
    collector.push(toFloats(wave, part, kind === float, bits));
  }
  const audio = collector.finish();
  // Programs that write to a pipe put the largest number there: unknown, not cut short.
  const cut = samples.length < chunkSize && chunkSize < 0xffffff00 - (1 << 20);
  return cut ? { ...audio, warning: `cut short: ${samples.length} of ${chunkSize} bytes of sound are there` } : audio;
}

/** Bytes of whole frames -> interleaved samples of full scale 1. */
function toFloats(wave: WaveFile, part: Uint8Array, isFloat: boolean, bits: number): Float32Array | Float64Array {
  const little = wave.container !== 'RIFX';
  if (little && isFloat && bits === 32) return new Float32Array(new Uint8Array(part).buffer);
  if (little && bits === 16) return halves(new Int16Array(new Uint8Array(part).buffer));
  (wave.data as { samples: Uint8Array }).samples = part;
  const values = wave.getSamples(true, Float64Array);
  if (isFloat) return values;
  const scale = 2 ** (bits - 1);
  const offset = bits === 8 ? -128 : 0; // 8-bit wav is unsigned
  return values.map((value) => (value + offset) / scale);
}

/** A loop: Float32Array.from with a function takes a hundred times as long. */
function halves(values: Int16Array): Float32Array {
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = (values[i] as number) / 32768;
  return floats;
}
