// Candidates that are parts of one file, gathered so that the file is decoded once; and one such part, cut out of it.
import { sampleRate } from '../core/records.js';
import type { Candidate } from './layouts.js';
import type { GridAudio, MixOptions } from './mono.js';

export interface Source {
  /** undefined for a candidate that has no file. */
  readonly path: string | undefined;
  readonly mix: MixOptions;
  readonly items: readonly Candidate[];
}

/** Recordings cut from one file are decoded again after so many, so that what waits to be written stays bounded. */
const mostItems = 1000;

/** Seconds by which a part may end after its file, as in Kaldi's extract-segments: times are rounded. */
const overshoot = 0.5;

interface Sound {
  readonly path: string | undefined;
  readonly mix: MixOptions;
}

const soundOf = (candidate: Candidate): Sound =>
  'problem' in candidate
    ? { path: undefined, mix: {} }
    : { path: candidate.path, mix: { channel: candidate.channel, orOnly: candidate.orOnly } };

const sameSound = (a: Sound, b: Sound): boolean =>
  a.path !== undefined && a.path === b.path && a.mix.channel === b.mix.channel && a.mix.orOnly === b.mix.orOnly;

/** Runs of neighbours with the same channel of the same file; the order stays. */
export async function* bySource(candidates: Iterable<Candidate> | AsyncIterable<Candidate>): AsyncGenerator<Source> {
  let items: Candidate[] = [];
  let sound: Sound = { path: undefined, mix: {} };
  for await (const candidate of candidates) {
    const next = soundOf(candidate);
    if (items.length > 0 && (!sameSound(next, sound) || items.length === mostItems)) {
      yield { ...sound, items };
      items = [];
    }
    items.push(candidate);
    sound = next;
  }
  if (items.length > 0) yield { ...sound, items };
}

/**
 * The part of a decoded file that a recording is, or why there is none.
 * @param part seconds; the whole file where none are given
 */
export function cut(audio: GridAudio, part: { readonly start?: number; readonly end?: number }): GridAudio | string {
  if (part.start === undefined && part.end === undefined) return audio;
  const length = audio.samples.length;
  const start = Math.round((part.start ?? 0) * sampleRate);
  const end = part.end === undefined ? length : Math.round(part.end * sampleRate);
  const file = `${(length / sampleRate).toFixed(2)} s`;
  if (start < 0 || end <= start) return `it would last from ${part.start} s to ${part.end} s`;
  if (start >= length) return `it begins at ${part.start} s, but its file lasts ${file}`;
  if (end > length + overshoot * sampleRate) return `it ends at ${part.end} s, but its file lasts ${file}`;
  return { ...audio, samples: audio.samples.slice(start, Math.min(end, length)) };
}
