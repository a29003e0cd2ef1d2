// A wav file's bytes in, mono 16 kHz samples out. Linear PCM of 8 to 32 bits and floats, in RIFF, RIFX, RF64 and BW64;
// the rest (A-law, ADPCM, odd bit depths) is left to ffmpeg. A data chunk that is cut short is decoded as far as it
// goes. Chunks that are not needed are passed over by their size, whatever they hold.
import { MonoCollector, type GridAudio, type MixOptions } from './mono.js';

/** How samples lie in a wav file. */
export interface WavLayout {
  readonly float: boolean;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
  readonly littleEndian: boolean;
  /** Where the sound begins. */
  readonly start: number;
  /** Bytes of sound as promised; Infinity where the writer did not know. */
  readonly promised: number;
}

const pcm = 1;
const float = 3;
const extensible = 0xfffe;
/** Frames converted at once, so that floats exist for a part of the file only. */
const chunkFrames = 1 << 16;

const tagAt = (bytes: Uint8Array, from: number): string => String.fromCharCode(...bytes.subarray(from, from + 4));

export function looksLikeWav(head: Uint8Array): boolean {
  return ['RIFF', 'RIFX', 'RF64', 'BW64'].includes(tagAt(head, 0)) && tagAt(head, 8) === 'WAVE';
}

/**
 * @param bytes the whole file
 * @returns undefined when the encoding is none of plain samples
 * @throws AsrError 'input' when there are no samples, or NaN among them
 */
export function decodeWav(bytes: Uint8Array, where: string, options: MixOptions = {}): GridAudio | undefined {
  const layout = wavLayout(bytes);
  if (!layout) return undefined;
  const there = Math.max(0, Math.min(layout.promised, bytes.length - layout.start));
  // Writers that were killed leave a size of 0 with samples after it; ffmpeg reads those.
  if (layout.promised === 0 && bytes.length > layout.start + 20) return undefined;
  const frameBytes = (layout.channels * layout.bits) / 8;
  const frames = Math.floor(there / frameBytes);
  const data = bytes.subarray(layout.start, layout.start + frames * frameBytes);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const part = (frame: number): Float32Array | Float64Array =>
    wavSamples(view, frame * frameBytes, Math.min(chunkFrames, frames - frame) * layout.channels, layout);
  let peak = 0;
  if (layout.float)
    for (let frame = 0; frame < frames; frame += chunkFrames) peak = Math.max(peak, finitePeak(part(frame)));
  const collector = new MonoCollector(where, layout.rate, layout.channels, { lookFirst: true, peak, ...options });
  for (let frame = 0; frame < frames; frame += chunkFrames) collector.push(part(frame));
  const audio = collector.finish();
  return Number.isFinite(layout.promised) && there < layout.promised
    ? { ...audio, warning: `cut short: ${there} of ${layout.promised} bytes of sound are there` }
    : audio;
}

/** Programs that write to a pipe put one of the largest numbers there, of 31 or of 32 bits: unknown, not cut short. */
const isUnknown = (size: number): boolean => size >= 0xffe00000 || (size >= 0x7fff0000 && size <= 0x80000100);

/**
 * @param bytes the file, or its beginning.
 * @returns undefined where the encoding is none of plain samples, or more bytes are needed
 */
export function wavLayout(bytes: Uint8Array): WavLayout | undefined {
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const container = tagAt(bytes, 0);
  const littleEndian = container !== 'RIFX';
  let format: Pick<WavLayout, 'float' | 'channels' | 'rate' | 'bits'> | undefined;
  let data: Pick<WavLayout, 'start' | 'promised'> | undefined;
  let wide: number | undefined;
  for (let at = 12; at + 8 <= bytes.length && !(format && data);) {
    const tag = tagAt(bytes, at);
    let size = view.getUint32(at + 4, littleEndian);
    const start = at + 8;
    if (tag === 'ds64' && start + 16 <= bytes.length) wide = Number(view.getBigUint64(start + 8, true));
    else if (tag === 'fmt ' && start + 16 <= bytes.length) {
      format = formatAt(view, start, size, littleEndian);
      if (!format) return undefined;
    } else if (tag === 'data') {
      if (size === 0xffffffff && wide !== undefined && wide > 0) size = wide;
      data = { start, promised: wide === undefined && isUnknown(size) ? Infinity : size };
    }
    at = start + size + (size % 2);
  }
  return format && data && { ...format, ...data, littleEndian };
}

function formatAt(view: DataView, start: number, size: number, littleEndian: boolean): ReturnType<typeof known> {
  const code = view.getUint16(start, littleEndian);
  const hasSubformat = code === extensible && size >= 40 && start + 26 <= view.byteLength;
  const kind = hasSubformat ? view.getUint16(start + 24, littleEndian) : code;
  const channels = view.getUint16(start + 2, littleEndian);
  const blockAlign = view.getUint16(start + 12, littleEndian);
  const bits = view.getUint16(start + 14, littleEndian);
  return known(kind, { channels, rate: view.getUint32(start + 4, littleEndian), bits, blockAlign });
}

function known(
  kind: number,
  { blockAlign, ...rest }: { channels: number; rate: number; bits: number; blockAlign: number },
): { float: boolean; channels: number; rate: number; bits: number } | undefined {
  const plain =
    (kind === pcm && [8, 16, 24, 32].includes(rest.bits)) || (kind === float && [32, 64].includes(rest.bits));
  return plain && blockAlign === (rest.channels * rest.bits) / 8 && rest.channels > 0
    ? { float: kind === float, ...rest }
    : undefined;
}

/** `count` interleaved samples from a byte on, of full scale 1. */
export function wavSamples(
  view: DataView,
  from: number,
  count: number,
  { float: isFloat, bits, littleEndian }: Pick<WavLayout, 'float' | 'bits' | 'littleEndian'>,
): Float32Array | Float64Array {
  if (isFloat && bits === 64)
    return Float64Array.from({ length: count }, (_, i) => view.getFloat64(from + 8 * i, littleEndian));
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    if (isFloat) samples[i] = view.getFloat32(from + 4 * i, littleEndian);
    else if (bits === 16) samples[i] = view.getInt16(from + 2 * i, littleEndian) / 0x8000;
    else if (bits === 8)
      samples[i] = (view.getUint8(from + i) - 128) / 128; // 8-bit wav is unsigned
    else if (bits === 32) samples[i] = view.getInt32(from + 4 * i, littleEndian) / 0x80000000;
    else {
      const at = from + 3 * i;
      const high = view.getInt8(littleEndian ? at + 2 : at);
      const low = view.getUint8(littleEndian ? at : at + 2);
      samples[i] = (high * 65536 + view.getUint8(at + 1) * 256 + low) / 0x800000;
    }
  }
  return samples;
}

function finitePeak(samples: Float32Array | Float64Array): number {
  let peak = 0;
  for (const value of samples) {
    const size = Math.abs(value);
    if (size > peak && size < Infinity) peak = size;
  }
  return peak;
}
