// Chunks of synthetic speech in, one utterance out as it could have been recorded: pauses between the chunks, the
// recordings' own background under all of it, speech as loud as theirs; with the label of every stretch.
import type { Region } from '../core/records.js';
import type { Rng } from '../core/rng.js';
import { sampleRate, type Samples, samplesOf } from '../core/time.js';
import { keepRegions, regionSamples, speechSample } from '../vad/regions.js';
import { unlabelled, type LabelledSpan } from './alignment.js';
import { drawBackground, rootMeanSquare, type Background } from './background.js';
import type { BootstrapSettings } from './settings.js';

/** One breath of a synthesiser. */
export interface Chunk {
  readonly samples: Float32Array;
  /** What of it is speech, in samples. */
  readonly regions: readonly Region[];
  /** In seconds of `samples`. */
  readonly spans: readonly LabelledSpan[];
}

export interface SpokenUtterance {
  readonly samples: Float32Array;
  readonly spans: readonly LabelledSpan[];
  /** Phones that were said, equal neighbours once. */
  readonly phones: number;
}

type Settings = Pick<BootstrapSettings['speech'], 'pauses' | 'pauseSeconds'>;

/** @param background none: chunks follow each other without a pause, at the synthesiser's level */
export function layOut(
  chunks: readonly Chunk[],
  silence: number,
  background: Background | undefined,
  { pauses, pauseSeconds }: Settings,
  rng: Rng,
): SpokenUtterance {
  const spans: LabelledSpan[] = [{ label: silence, start: -1 }];
  const parts: { readonly at: number; readonly sound: Float32Array }[] = [];
  let length = 0;
  const pause = (): void => {
    if (!background || rng.uniform() >= pauses) return;
    spans.push({ label: silence, start: length / sampleRate });
    const [low, high] = pauseSeconds;
    length += Math.round((low + (high - low) * rng.uniform()) * sampleRate);
  };
  pause();
  for (const { samples, regions, spans: own } of chunks) {
    for (const { label, start } of own)
      spans.push({
        label,
        start: (length + speechSample(regions, Math.max(0, samplesOf(start)) as Samples)) / sampleRate,
      });
    parts.push({ at: length, sound: keepRegions(samples, regions) });
    length += regionSamples(regions);
    pause();
  }
  const out = background ? drawBackground(background, length, rng) : new Float32Array(length);
  const spoken = parts.reduce((sum, { sound }) => sum + sound.length, 0);
  const power = parts.reduce((sum, { sound }) => sum + sound.length * rootMeanSquare(sound) ** 2, 0);
  const level = background && background.levels.length > 0 ? rng.choice(background.levels) : undefined;
  const gain = level === undefined || power === 0 ? 1 : level / Math.sqrt(power / spoken);
  for (const { at, sound } of parts) for (let i = 0; i < sound.length; i++) out[at + i]! += gain * sound[i]!;
  return { samples: out, spans, phones: phonesIn(spans, silence) };
}

/** Equal neighbours once. */
export function phonesIn(spans: readonly LabelledSpan[], silence: number): number {
  let count = 0;
  let last = silence;
  for (const { label } of spans) {
    if (label !== silence && label !== unlabelled && label !== last) count++;
    last = label;
  }
  return count;
}
