// One utterance from log-probabilities to phones with their times in the recording: what the decode stage and
// `asr transcribe` both run.
import type { Region, TimedPhone } from '../core/records.js';
import type { FrameGrid } from '../features/extractor.js';
import type { Emission, EmissionModel } from '../learn/emission.js';
import type { DecodeConfig } from './config.js';
import { decodeGreedy } from './greedy.js';
import { recordingSpan } from './timing.js';

/**
 * @param symbols the model's columns and its silence symbol
 * @param regions the utterance's regions of its recording, in samples
 * @param grid of the features
 * @param config what counts as too short to hold phones
 * @returns phones without silence, in order; start and end are samples of the recording
 * @throws AsrError 'model' when the emission is not what the model promises
 */
export function decodeUtterance(emission: Emission, symbols: Pick<EmissionModel, 'phones' | 'silence'>, regions: readonly Region[], grid: FrameGrid, config: DecodeConfig): TimedPhone[] {
  if (emission.rows < config.minSegments) return [];
  const { phones, silence } = symbols;
  const spans = decodeGreedy(emission, phones.length, phones.indexOf(silence));
  const place = { regions, hop: grid.hop, window: grid.window, frames: emission.ends.at(-1) ?? 0 };
  return spans.map(({ phone, startFrame, endFrame }) => ({ phone: phones[phone] as string, ...recordingSpan(startFrame, endFrame, place) }));
}
