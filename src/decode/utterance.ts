// One utterance from log-probabilities to phones and words with their times in the recording: what the decode stage
// and `asr transcribe` both run.
import type { Hypothesis, Region, TimedPhone, TimedWord } from '../core/records.js';
import type { FrameGrid } from '../core/frame-grid.js';
import type { Frames, Samples } from '../core/time.js';
import type { Emission } from '../learn/emission.js';
import type { Decoder, Span } from './decoder.js';
import { recordingSpan } from './timing.js';

/** Start and end are samples of the recording; silence is not among the phones. */
export interface DecodedUtterance {
  readonly phones: TimedPhone[];
  /** Undefined where the decoder knows no words. */
  readonly words?: TimedWord[];
  readonly nbest?: NonNullable<Hypothesis['nbest']>;
}

/**
 * @param regions the utterance's regions of its recording, in samples
 * @param grid of the features
 * @throws AsrError 'model' when the emission is not what the model promises
 */
export function decodeUtterance(
  emission: Emission,
  decoder: Decoder,
  regions: readonly Region[],
  grid: FrameGrid,
): DecodedUtterance {
  const { minSegments } = decoder.config;
  const { states } = emission;
  // A path of an HMM's own is searched for only where its length decides.
  if ((minSegments === 1 && states ? states.frames : emission.rows) < minSegments)
    return decoder.config.method === 'words' ? { phones: [], words: [] } : { phones: [] };
  const { phones, words, nbest } = decoder.decode(emission);
  const { hop, window, start } = grid;
  const end = states ? (states.ends?.at(-1) ?? states.frames) : (emission.ends.at(-1) ?? 0);
  const place = { regions, hop, window, start, frames: end as Frames };
  const times = ({
    startFrame,
    endFrame,
    confidence,
  }: Span): { start: Samples; end: Samples; confidence?: number } => ({
    ...recordingSpan(startFrame as Frames, endFrame as Frames, place),
    ...(confidence === undefined ? {} : { confidence: Math.round(confidence * 1e4) / 1e4 }),
  });
  return {
    phones: phones.map((phone) => ({ phone: phone.text, ...times(phone) })),
    ...(words
      ? {
          words: words.map((word) => ({ word: word.text, ...times(word), ...(word.spelt ? { spelt: true } : {}) })),
        }
      : {}),
    ...(nbest ? { nbest } : {}),
  };
}
