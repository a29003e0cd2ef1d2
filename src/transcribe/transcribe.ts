// One recording in, a transcript out: what `asr transcribe` and library users call.
import { MonoStream, fromGrid } from '../audio/mono.js';
import { decodeToGrid, streamAudio } from '../audio/decode.js';
import { sampleRate as modelRate } from '../core/records.js';
import { computeSchema } from '../core/stage.js';
import { diarise, type SpeakerOptions } from '../speakers/diarise.js';
import type { Turn } from '../speakers/turns.js';
import type { Model } from './model.js';
import { withSpeakers } from './speakers.js';
import {
  inSeconds,
  joinUtterances,
  utteranceInSeconds,
  type TranscribedUtterance,
  type Transcript,
} from './transcript.js';

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
  const heard: TranscribedUtterance[] = [];
  const utterances = transcribeStream(model, source, options);
  for (;;) {
    const { done, value } = await utterances.next();
    if (done) {
      const file = options.name ?? (typeof source === 'string' ? source : '-');
      const transcript = joinUtterances(file, heard, value.seconds, value.warning);
      return options.speakers && typeof source === 'string'
        ? withSpeakers(transcript, await turnsIn(model, source, options.speakers))
        : transcript;
    }
    options.onUtterance?.(value);
    heard.push(value);
  }
}

/** The whole recording is held meanwhile, as 16-bit samples: 115 MB an hour. */
async function turnsIn(model: Model, path: string, speakers: SpeakerOptions): Promise<Turn[]> {
  const { samples } = await decodeToGrid(path);
  return diarise(samples, model.detector, speakers, computeSchema.parse({}));
}

/** What is known when a recording has ended. */
export interface RecordingEnd {
  readonly seconds: number;
  readonly warning?: string | undefined;
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
  const { signal, onProgress } = options;
  const end: { samples: number; warning?: string | undefined } = { samples: 0 };
  const pieces = counted(typeof source === 'string' ? streamAudio(source, signal) : resampled(source, options), end);
  const onPosition = onProgress
    ? (sample: number): void => {
        onProgress(inSeconds(sample));
      }
    : undefined;
  const leftOut: string[] = [];
  const onLeftOut = (from: number, to: number, reason: string): void => {
    leftOut.push(`${inSeconds(from)} to ${inSeconds(to)} s left out: ${reason}`);
  };
  for await (const utterance of model.recognise(pieces, { signal, onPosition, onLeftOut }))
    yield utteranceInSeconds(utterance);
  const warnings = [...(end.warning === undefined ? [] : [end.warning]), ...shortened(leftOut)];
  return { seconds: inSeconds(end.samples), warning: warnings.length > 0 ? warnings.join('; ') : undefined };
}

/** A recording of hours may have hundreds of them. */
function shortened(leftOut: readonly string[], most = 10): string[] {
  return leftOut.length > most ? [...leftOut.slice(0, most), `and ${leftOut.length - most} more`] : [...leftOut];
}

async function* counted(
  pieces: AsyncGenerator<Float32Array, string | undefined>,
  end: { samples: number; warning?: string | undefined },
): AsyncGenerator<Float32Array> {
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) {
        end.warning = value;
        return;
      }
      end.samples += value.length;
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
