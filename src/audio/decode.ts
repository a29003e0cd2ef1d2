// One sound file in, mono 16 kHz samples out, whatever the format: plain wav by wavefile, the rest by ffmpeg.
// Used by the audio stage and by `asr transcribe` alike.
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { AsrError, toAsrError } from '../core/errors.js';
import { decodeWithFfmpeg } from './ffmpeg.js';
import { fromGrid, type GridAudio } from './mono.js';
import { decodeWav, looksLikeWav } from './wav.js';

export interface DecodedAudio {
  /** Mono, 16 kHz, full scale 1, on the 16-bit grid (multiples of 1/32767). */
  readonly samples: Float32Array;
  /** Hz; 48000 for every Opus file, which stores no other rate. */
  readonly sourceRate: number;
  readonly sourceChannels: number;
  readonly warning?: string;
}

/** wavefile reads whole files; larger ones are streamed through ffmpeg. */
const wavInMemoryBytes = 1 << 27;

/**
 * Decodes a file of any common format, rate and channel count; channels are averaged.
 * A damaged or truncated file is decoded as far as it goes, with a `warning`.
 * Memory: 6 bytes a sample (about 350 MiB an hour) while it runs, 4 afterwards.
 * @throws AsrError 'input' (empty, no sound, 0 samples, NaN), 'io' (vanished, no permission), 'dependency' (no ffmpeg)
 */
export async function decodeAudio(path: string): Promise<DecodedAudio> {
  const { samples, ...source } = await decodeToGrid(path);
  return { samples: fromGrid(samples), ...source };
}

/** As decodeAudio, with 16-bit integers: half the memory. */
export async function decodeToGrid(path: string): Promise<GridAudio> {
  const where = JSON.stringify(path); // names may hold newlines
  const wav = await readWav(path, where);
  if (wav !== undefined && wav !== 'none') {
    const audio = decodeWav(wav, where);
    if (audio) return audio;
  }
  try {
    return await decodeWithFfmpeg(path, where);
  } catch (error) {
    // One bad .wav must not stop a corpus of wav files on a machine without ffmpeg.
    if (wav === 'none' && extname(path).toLowerCase() === '.wav' && error instanceof AsrError && error.code === 'dependency') {
      throw new AsrError('input', `${where}: not a wav file (no RIFF header), and there is no ffmpeg to try other formats`, error.hint, error);
    }
    throw error;
  }
}

/** The file's bytes if it is a wav of moderate size; 'none' if it is no wav; undefined if it is a large one. */
async function readWav(path: string, where: string): Promise<Uint8Array | 'none' | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => { throw toAsrError(error); });
  try {
    const info = await file.stat();
    if (info.isDirectory()) throw new AsrError('input', `${where}: this is a folder`, 'Give the path of a sound file.');
    if (info.isFile() && info.size === 0) throw new AsrError('input', `${where}: the file is empty`, 'Copy it again from its source, or take it out of the corpus.');
    const head = Buffer.alloc(12);
    const { bytesRead } = await file.read(head, 0, 12, 0);
    if (bytesRead < 12 || !looksLikeWav(head)) return 'none';
    return info.size > wavInMemoryBytes ? undefined : await file.readFile();
  } catch (error) {
    throw toAsrError(error);
  } finally {
    await file.close();
  }
}
