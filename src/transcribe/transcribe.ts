// One recording in, a transcript out: what `asr transcribe` and library users call.
import { MonoStream, fromGrid, toGrid } from '../audio/mono.js';
import { streamAudio } from '../audio/decode.js';
import type { Region } from '../core/records.js';
import { computeSchema } from '../core/stage.js';
import { sampleRate as modelRate } from '../core/time.js';
import type { SpeakerOptions } from '../speakers/diarise.js';
import type { Turn } from '../speakers/turns.js';
import type { Model } from './model.js';
import { withSpeakers } from './speakers.js';
import { recogniseSound, transcriptOf, type RecordingEnd, type SoundPieces } from './recognise-sound.js';
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
  /** Who speaks is told as well; the whole recording is held meanwhile, as 16-bit samples: 115 MB an hour. */
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
  const { speakers } = options;
  const kept = speakers && new KeptSound();
  const transcript = await transcriptOf(file, recognisedIn(model, source, options, kept), options.onUtterance);
  return kept ? withSpeakers(transcript, await turnsIn(kept, speakers)) : transcript;
}

/** What has gone by of a recording, as 16-bit samples (115 MB an hour), and where somebody speaks in it. */
class KeptSound {
  readonly speech: Region[] = [];
  readonly #parts: Int16Array[] = [];
  #length = 0;

  /** @param piece of the 16-bit grid */
  add(piece: Float32Array): void {
    this.#parts.push(toGrid(piece));
    this.#length += piece.length;
  }

  get samples(): Int16Array {
    const all = new Int16Array(this.#length);
    this.#parts.splice(0).reduce((at, part) => (all.set(part, at), at + part.length), 0);
    return all;
  }
}

async function turnsIn({ samples, speech }: KeptSound, speakers: SpeakerOptions): Promise<Turn[]> {
  const { diarise } = await import('../speakers/diarise.js');
  return diarise(samples, speech, speakers, computeSchema.parse({}));
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
  return yield* recognisedIn(model, source, options, undefined);
}

async function* recognisedIn(
  model: Model,
  source: SoundSource,
  options: TranscribeOptions,
  kept: KeptSound | undefined,
): AsyncGenerator<TranscribedUtterance, RecordingEnd> {
  const { signal, onProgress } = options;
  const pieces = typeof source === 'string' ? streamAudio(source, signal) : resampled(source, options);
  if (!kept) return yield* recogniseSound(model, pieces, { signal, onProgress });
  const onSpeech = (regions: readonly Region[]): void => void kept.speech.push(...regions);
  return yield* recogniseSound(model, keeping(pieces, kept), { signal, onProgress, onSpeech });
}

async function* keeping(pieces: SoundPieces, kept: KeptSound): SoundPieces {
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) return value;
      kept.add(value);
      yield value;
    }
  } finally {
    await pieces.return(undefined);
  }
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
