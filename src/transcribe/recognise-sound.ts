// Sound in, piece by piece; stretches of speech with what was said in them out, and the transcript that they make. The
// same for files, for samples and for what a browser decoded, so it knows nothing of where sound comes from.
import type { Model } from './model.js';
import type { RecogniseOptions } from './parts.js';
import {
  inSeconds,
  joinUtterances,
  utteranceInSeconds,
  type TranscribedUtterance,
  type Transcript,
} from './transcript.js';
import type { Samples, Seconds } from '../core/time.js';

/** What is known when a recording has ended. */
export interface RecordingEnd {
  readonly seconds: Seconds;
  readonly warning?: string | undefined;
}

/** Mono sound at 16 kHz. @returns (of the generator) a warning where it was damaged */
export type SoundPieces = AsyncGenerator<Float32Array, string | undefined>;

/**
 * @param onProgress called with the seconds of the recording that are done
 * @returns (of the generator) the recording's length, and a warning where it was damaged or a part was left out
 */
export async function* recogniseSound(
  model: Pick<Model, 'recognise'>,
  pieces: SoundPieces,
  {
    signal,
    onProgress,
    onSpeech,
  }: Pick<RecogniseOptions, 'signal' | 'onSpeech'> & {
    readonly onProgress?: ((seconds: Seconds) => void) | undefined;
  } = {},
): AsyncGenerator<TranscribedUtterance, RecordingEnd> {
  const end: { samples: Samples; warning?: string | undefined } = { samples: 0 as Samples };
  const onPosition = onProgress
    ? (sample: Samples): void => {
        onProgress(inSeconds(sample));
      }
    : undefined;
  const leftOut: string[] = [];
  const onLeftOut = (from: Samples, to: Samples, reason: string): void => {
    leftOut.push(`${inSeconds(from)} to ${inSeconds(to)} s left out: ${reason}`);
  };
  for await (const utterance of model.recognise(counted(pieces, end), { signal, onPosition, onLeftOut, onSpeech }))
    yield utteranceInSeconds(utterance);
  const warnings = [...(end.warning === undefined ? [] : [end.warning]), ...shortened(leftOut)];
  return { seconds: inSeconds(end.samples), warning: warnings.length > 0 ? warnings.join('; ') : undefined };
}

/** @param file what to call the recording */
export async function transcriptOf(
  file: string,
  utterances: AsyncGenerator<TranscribedUtterance, RecordingEnd>,
  onUtterance?: (utterance: TranscribedUtterance) => void,
): Promise<Transcript> {
  const recognised: TranscribedUtterance[] = [];
  for (;;) {
    const { done, value } = await utterances.next();
    if (done) return joinUtterances(file, recognised, value.seconds, value.warning);
    onUtterance?.(value);
    recognised.push(value);
  }
}

/** A recording of hours may have hundreds of them. */
function shortened(leftOut: readonly string[], most = 10): string[] {
  return leftOut.length > most ? [...leftOut.slice(0, most), `and ${leftOut.length - most} more`] : [...leftOut];
}

async function* counted(
  pieces: SoundPieces,
  end: { samples: Samples; warning?: string | undefined },
): AsyncGenerator<Float32Array> {
  try {
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) {
        end.warning = value;
        return;
      }
      end.samples = (end.samples + value.length) as Samples;
      yield value;
    }
  } finally {
    await pieces.return(undefined);
  }
}
