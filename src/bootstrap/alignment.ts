// What a synthesiser says of its own speech (phones and when each starts) as one label for every frame.
import type { Region } from '../core/records.js';
import type { SpokenPhone } from '../espeak/speech.js';
import { frameMiddle, type FrameGrid } from '../core/frame-grid.js';
import { secondsOf, type Frames } from '../core/time.js';
import { phonesOfIpa, type IpaRules } from '../text/ipa.js';
import { originalSample } from '../vad/regions.js';

/** A frame without a label: of a sound that the phone set does not have. */
export const unlabelled = -1;

/** A stretch of speech with one label, in seconds. */
export interface LabelledSpan {
  readonly label: number;
  readonly start: number;
}

interface SpokenSentence {
  readonly phones: readonly SpokenPhone[];
  /** Of the synthesiser, in Hz: starts of phones count its samples. */
  readonly sampleRate: number;
  readonly seconds: number;
}

interface SpanOptions {
  /** Number of each symbol, silence not among them. */
  readonly labels: ReadonlyMap<string, number>;
  readonly silence: number;
  readonly rules: IpaRules;
}

/**
 * Phones of the text's phone set with their starts. A diphthong or affricate that the text writes as two phones is
 * halved; eSpeak's silences (events without a symbol) and whatever comes before the first event are silence.
 */
export function spansOf(
  { phones, sampleRate: rate, seconds }: SpokenSentence,
  { labels, silence, rules }: SpanOptions,
): LabelledSpan[] {
  const spans: LabelledSpan[] = [{ label: silence, start: -1 }];
  phones.forEach(({ phone, start }, i) => {
    const from = start / rate;
    const until = i + 1 < phones.length ? phones[i + 1]!.start / rate : seconds;
    const parts = phone === '' ? [] : phonesOfIpa(phone, rules).phones;
    if (parts.length === 0) spans.push({ label: silence, start: from });
    parts.forEach((part, p) => {
      spans.push({ label: labels.get(part) ?? unlabelled, start: from + ((until - from) * p) / parts.length });
    });
  });
  return spans;
}

/**
 * The label at the middle of every frame.
 * @param spans in the order of their starts
 * @param regions of the spoken sound that the frames were made of, in samples at 16 kHz
 */
export function frameLabels(
  spans: readonly LabelledSpan[],
  rows: number,
  grid: FrameGrid,
  regions: readonly Region[],
): Int16Array {
  const labels = new Int16Array(rows);
  let span = 0;
  for (let t = 0; t < rows; t++) {
    const second = secondsOf(originalSample(regions, frameMiddle(t as Frames, grid)));
    while (span + 1 < spans.length && spans[span + 1]!.start <= second) span++;
    labels[t] = spans[span]!.label;
  }
  return labels;
}
