// The bytes of a FLAC file in, mono 16 kHz samples out, by libFLAC as WebAssembly: a process for each file, of which
// corpora have hundreds of thousands, takes longer to start than to decode. What is damaged is left to ffmpeg.
import type { FLACDecoder } from '@wasm-audio-decoders/flac';
import { Turns } from '../core/event-loop.js';
import { MonoCollector, type GridAudio, type MixOptions } from './mono.js';

const magic = 'fLaC';
/** Of magic, block header and the block that every file begins with (RFC 9639, section 8.2). */
const headBytes = 42;
const chunkBytes = 1 << 16;

export const looksLikeFlac = (head: Uint8Array): boolean => String.fromCharCode(...head.subarray(0, 4)) === magic;

interface StreamInfo {
  readonly rate: number;
  readonly channels: number;
  readonly bits: number;
  /** Of one channel. */
  readonly samples: number;
}

/** undefined where the file does not say how long it is, as one that was written into a pipe. */
function streamInfoOf(file: Uint8Array): StreamInfo | undefined {
  if (file.length < headBytes) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, headBytes);
  const packed = view.getUint32(18); // 20 bits of rate, 3 of channels, 5 of depth, the 4 highest of the length
  const samples = (packed & 15) * 2 ** 32 + view.getUint32(22);
  if (samples === 0) return undefined;
  return { rate: packed >>> 12, channels: ((packed >>> 9) & 7) + 1, bits: ((packed >>> 4) & 31) + 1, samples };
}

/** Fresh ones: each has megabytes of its own, and a flush leaves it as new. */
const idle: FLACDecoder[] = [];
const mostIdle = 4;

/**
 * Exactly the samples that ffmpeg gives.
 * @returns undefined where it is no whole FLAC stream: ffmpeg knows what can be had of it
 * @throws AsrError 'input' as MonoStream does
 */
export async function decodeFlac(
  file: Uint8Array,
  where: string,
  options: MixOptions = {},
): Promise<GridAudio | undefined> {
  const info = streamInfoOf(file);
  if (!info) return undefined;
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac');
  const decoder = idle.pop() ?? new FLACDecoder();
  let fresh = false;
  try {
    await decoder.ready;
    const collector = new MonoCollector(where, info.rate, info.channels, options);
    const turns = new Turns(); // a server has others to answer
    let decoded = 0;
    for (let at = 0; !fresh; at += chunkBytes) {
      if (turns.due) await turns.give();
      fresh = at >= file.length;
      const { channelData, errors, samplesDecoded, sampleRate } = fresh
        ? await decoder.flush()
        : await decoder.decode(file.subarray(at, at + chunkBytes));
      if (errors.length > 0) return undefined;
      if (samplesDecoded === 0) continue;
      if (sampleRate !== info.rate || channelData.length !== info.channels) return undefined;
      collector.push(interleaved(channelData, samplesDecoded, info.bits));
      decoded += samplesDecoded;
    }
    return decoded === info.samples ? collector.finish() : undefined;
  } finally {
    if (fresh && idle.length < mostIdle) idle.push(decoder);
    else decoder.free();
  }
}

/** [channels][frames] -> [frames * channels]. The decoder divides integers by the largest one; full scale is 1 more. */
function interleaved(channels: readonly Float32Array[], frames: number, bits: number): Float32Array {
  const [largest, scale] = [2 ** (bits - 1) - 1, 2 ** (bits - 1)];
  const all = new Float32Array(frames * channels.length);
  channels.forEach((channel, c) => {
    for (let t = 0, to = c; t < frames; t++, to += channels.length) all[to] = Math.round(channel[t]! * largest) / scale;
  });
  return all;
}
