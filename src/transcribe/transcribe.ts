// One recording in, a transcript out: what `asr transcribe` and library users call.
import { MonoStream, fromGrid } from '../audio/mono.js';
import { decodeToGrid, streamAudio } from '../audio/decode.js';
import { sampleRate as modelRate } from '../core/records.js';
import { computeSchema } from '../core/stage.js';
import type { SpeakerOptions } from '../speakers/diarise.js';
import type { Turn } from '../speakers/turns.js';
import type { Model } from './model.js';
import { withSpeakers } from './speakers.js';
import { recogniseSound, transcriptOf, type RecordingEnd } from './recognise-sound.js';
import type { TranscribedUtterance, Transcript } from './transcript.js';

export type { RecordingEnd } from './recognise-sound.js';

/**
 * A path of any sound or video file; or samples in [-1, 1], all at once or as they come (a microphone, a socket),
 * mono and 16 kHz unless the options say otherwise.
 */
export type SoundSource = string | Float32Array | AsyncIterable<Float32Array>;

export interface TranscribeOptions {
  /** Stops between two utterances; the call then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the seconds of the recording that are done. */
  readonly onProgress?: ((seconds: number) => void) | undefined;
  /** Called with each stretch of speech as soon as it is recognised: what there is of a call that is stopped. */
  readonly onUtterance?: ((utterance: TranscribedUtterance) => void) | undefined;
  /** Hz, of samples; default 16000. A file knows its own. */
  readonly sampleRate?: number | undefined;
  /** Channels of samples, interleaved; default 1. They are averaged. */
  readonly channels?: number | undefined;
  /** Who speaks is told as well; of files alone. */
  readonly speakers?: SpeakerOptions | undefined;
  /** What to call the recording in the transcript; default the path, or `-` for samples. */
  readonly name?: string | undefined;
}

/**
 * The whole recording. Memory does not grow with it, but for the transcript itself (about 5 MiB an hour).
 * @throws AsrError 'input' or 'io' when it holds no usable sound; the signal's reason when it is aborted
 */
export async function transcribe(
  model: Model,
  source: SoundSource,
  options: TranscribeOptions = {},
): Promise<Transcript> {
  const file = options.name ?? (typeof source === 'string' ? source : '-');
  const transcript = await transcriptOf(file, transcribeStream(model, source, options), options.onUtterance);
  return options.speakers && typeof source === 'string'
    ? withSpeakers(transcript, await turnsIn(model, source, options.speakers))
    : transcript;
}

/** The whole recording is held meanwhile, as 16-bit samples: 115 MB an hour. */
async function turnsIn(model: Model, path: string, speakers: SpeakerOptions): Promise<Turn[]> {
  const { diarise } = await import('../speakers/diarise.js');
  const { samples } = await decodeToGrid(path);
  return diarise(samples, model.detector, speakers, computeSchema.parse({}));
}

/**
 * Stretches of speech in order, as soon as they are recognised: after 7.5 minutes of sound at the latest, since the
 * voice has to be heard for a while before it is recognised.
 * @returns (of the generator) the recording's length, and a warning where it was damaged
 * @throws AsrError as transcribe
 */
export async function* transcribeStream(
  model: Model,
  source: SoundSource,
  options: TranscribeOptions = {},
): AsyncGenerator<TranscribedUtterance, RecordingEnd> {
  const { signal } = options;
  const pieces = typeof source === 'string' ? streamAudio(source, signal) : resampled(source, options);
  return yield* recogniseSound(model, pieces, options);
}

/** Samples of any rate through the same filter and grid as files. */
async function* resampled(
  source: Float32Array | AsyncIterable<Float32Array>,
  { sampleRate = modelRate, channels = 1, name = 'the samples', signal }: TranscribeOptions,
): AsyncGenerator<Float32Array, undefined> {
  const mono = new MonoStream(name, sampleRate, channels);
  for await (const piece of source instanceof Float32Array ? [source] : source) {
    signal?.throwIfAborted();
    const samples = mono.push(piece);
    mono.refuseBroken();
    yield fromGrid(samples);
  }
  yield fromGrid(mono.finish());
  return undefined;
}
