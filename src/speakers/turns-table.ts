// Who speaks when in one recording, as rows of a table that the audio stage reads (`layout: tsv`): a turn becomes a
// recording of its own, so that training knows one person in each.
import { decodeToGrid } from '../audio/decode.js';
import { AsrError } from '../core/errors.js';
import type { Compute } from '../core/stage.js';
import { sampleRate } from '../core/time.js';
import type { SpeechDetector } from '../vad/detector.js';
import { diarise, type SpeakerOptions } from './diarise.js';
import { speakerName } from './turns.js';

export interface TurnRow {
  readonly id: string;
  readonly path: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
  /** S1 speaks first. */
  readonly speaker: string;
}

export const turnColumns = ['id', 'path', 'start', 'end', 'speaker'] as const satisfies (keyof TurnRow)[];

/** Shorter turns hold no word that anybody could learn from. */
const leastSamples = 0.3 * sampleRate;

/**
 * @param file to be opened
 * @param named how ids and paths of the table call it: its id, and its path from the table on
 * @throws AsrError 'input' for sound that cannot be read or holds no speech
 */
export async function turnRows(
  file: string,
  named: { readonly id: string; readonly path: string },
  detector: SpeechDetector,
  options: SpeakerOptions,
  compute: Compute,
): Promise<TurnRow[]> {
  const { samples } = await decodeToGrid(file);
  const speech = samples.length === 0 ? [] : await detector.detect(samples);
  const turns = (await diarise(samples, speech, options, compute)).filter(
    ({ start, end }) => end - start >= leastSamples,
  );
  if (turns.length === 0)
    throw new AsrError('input', `${JSON.stringify(file)}: no speech was found`, 'Listen to it, or leave it out.');
  // Speakers of short turns that were left out leave no gap in the numbers.
  const numbers = [...new Set(turns.map(({ speaker }) => speaker))];
  return turns.map(({ start, end, speaker }, i) => ({
    id: `${named.id}_${String(i + 1).padStart(4, '0')}`,
    path: named.path,
    start: start / sampleRate,
    end: end / sampleRate,
    speaker: `${named.id}-${speakerName(numbers.indexOf(speaker))}`,
  }));
}
