// One sound file in, mono 16 kHz samples out, whatever the format: plain wav, SPHERE and FLAC here, the rest by ffmpeg.
// Used by the audio stage and by `asr transcribe` alike.
import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { AsrError, toAsrError } from '../core/errors.js';
import { openable } from '../core/file-names.js';
import { refuseLfsPointer } from '../core/lfs-pointer.js';
import { decodeWithFfmpeg, streamWithFfmpeg, told } from './ffmpeg.js';
import { decodeFlac, looksLikeFlac } from './flac.js';
import { fromGrid, type GridAudio, type MixOptions } from './mono.js';
import { notAFile } from './sound-files.js';
import { decodeSphere, looksLikeSphere } from './sphere.js';
import { decodeWav, looksLikeWav } from './wav.js';

export interface DecodedAudio {
  /** Mono, 16 kHz, full scale 1, on the 16-bit grid (multiples of 1/32767). */
  readonly samples: Float32Array;
  /** Hz; 48000 for every Opus file, which stores no other rate. */
  readonly sourceRate: number;
  readonly sourceChannels: number;
  readonly warning?: string;
  /** What had to be done about the sound: its channels, its level. */
  readonly note?: string;
}

/** Files of these formats are read whole; larger ones go through ffmpeg. */
const inMemoryBytes = 1 << 27;
/** The same where the caller wants a stream: nine minutes of mono 16 kHz. */
const inOnePieceBytes = 1 << 24;
/**
 * Files of up to this are read at once: a corpus of hundreds of thousands of short ones waits for calls, not for bytes.
 */
const firstRead = 1 << 16;

/**
 * Decodes a file of any common format, rate and channel count; channels are averaged. Times are those of a player.
 * A damaged or truncated file is decoded as far as it goes, with a `warning`.
 * Memory: 6 bytes a sample (about 350 MiB an hour) while it runs, 4 afterwards.
 * @throws AsrError 'input' (empty, no sound, 0 samples, NaN), 'io' (vanished, no permission), 'dependency' (no ffmpeg)
 */
export async function decodeAudio(path: string): Promise<DecodedAudio> {
  const { samples, ...source } = await decodeToGrid(path);
  return { samples: fromGrid(samples), ...source };
}

/** As decodeAudio, with 16-bit integers: half the memory. @param options which channel, where not all are averaged */
export async function decodeToGrid(path: string, options: MixOptions = {}): Promise<GridAudio> {
  const where = JSON.stringify(path); // names may hold newlines
  const bytes = await readOwn(path, where, inMemoryBytes);
  const audio = typeof bytes === 'string' ? undefined : await decodeBytes(bytes, where, options);
  if (audio) return audio;
  try {
    return await decodeWithFfmpeg(path, where, options);
  } catch (error) {
    throw withoutFfmpeg(error, bytes, path, where);
  }
}

/**
 * As decodeAudio, piece by piece in bounded memory, at the speed at which the pieces are taken.
 * @returns (of the generator) a warning where the file was damaged
 * @throws AsrError as decodeAudio, at the piece where it is found; the signal's reason when it is aborted
 */
export async function* streamAudio(
  path: string,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array, string | undefined> {
  signal?.throwIfAborted();
  const where = JSON.stringify(path);
  const bytes = await readOwn(path, where, inOnePieceBytes);
  const audio = typeof bytes === 'string' ? undefined : await decodeBytes(bytes, where);
  if (audio) {
    yield fromGrid(audio.samples);
    return told(audio.warning, audio.note);
  }
  const pieces = streamWithFfmpeg(path, where, signal);
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return value;
      yield fromGrid(value);
    }
  } catch (error) {
    if (bytes !== 'large' || !(error instanceof AsrError) || error.code !== 'dependency')
      throw withoutFfmpeg(error, bytes, path, where);
    // Better more memory than no transcript: without ffmpeg a large file of these is still read whole.
    const { samples, warning, note } = await decodeAudio(path);
    yield samples;
    return told(warning, note);
  } finally {
    await pieces.return(undefined);
  }
}

type Decode = (
  bytes: Uint8Array,
  where: string,
  options: MixOptions,
) => GridAudio | undefined | Promise<GridAudio | undefined>;

/** What needs no ffmpeg, by how it begins. */
const ownFormats: readonly (readonly [looksLike: (head: Uint8Array) => boolean, decode: Decode])[] = [
  [looksLikeFlac, decodeFlac],
  [looksLikeSphere, decodeSphere],
  [looksLikeWav, decodeWav],
];

/** undefined when the encoding is one for ffmpeg. */
const decodeBytes = async (
  bytes: Uint8Array,
  where: string,
  options: MixOptions = {},
): Promise<GridAudio | undefined> => ownFormats.find(([looksLike]) => looksLike(bytes))?.[1](bytes, where, options);

/** One bad .wav must not stop a corpus of wav files on a machine without ffmpeg. */
function withoutFfmpeg(error: unknown, bytes: Uint8Array | 'none' | 'large', path: string, where: string): unknown {
  if (
    bytes !== 'none' ||
    extname(path).toLowerCase() !== '.wav' ||
    !(error instanceof AsrError) ||
    error.code !== 'dependency'
  )
    return error;
  return new AsrError(
    'input',
    `${where}: not a wav file (no RIFF header), and there is no ffmpeg to try other formats`,
    error.hint,
    error,
  );
}

/** The file's bytes if it is a wav, SPHERE or FLAC file of at most `most` bytes; 'none' if it is none of them. */
async function readOwn(path: string, where: string, most: number): Promise<Uint8Array | 'none' | 'large'> {
  // Asked before it is opened: opening a pipe waits until somebody writes into it.
  const kind = await stat(openable(path)).catch((error: unknown) => {
    throw toAsrError(error);
  });
  if (kind.isDirectory()) throw new AsrError('input', `${where}: this is a folder`, 'Give the path of a sound file.');
  if (!kind.isFile())
    throw new AsrError('input', notAFile(path, kind), 'Give a file, or pipe the sound in: `asr transcribe -`.');
  const file = await open(openable(path), 'r').catch((error: unknown) => {
    throw toAsrError(error);
  });
  try {
    const info = await file.stat();
    if (info.size === 0)
      throw new AsrError('input', `${where}: the file is empty`, 'Copy it again from its source, or leave it out.');
    const head = Buffer.alloc(Math.min(info.size, firstRead));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    refuseLfsPointer(head, path, 'input');
    if (bytesRead < 12 || !ownFormats.some(([looksLike]) => looksLike(head))) return 'none';
    if (bytesRead === info.size) return head;
    return info.size > most ? 'large' : await file.readFile();
  } catch (error) {
    throw toAsrError(error);
  } finally {
    await file.close();
  }
}
