// Candidates that are parts of one file, gathered so that the file is decoded once; and one such part, cut out of it.
import { sampleRate } from '../core/records.js';
import type { Candidate } from './layouts.js';
import type { GridAudio } from './mono.js';

export interface Source {
  /** undefined for a candidate that has no file. */
  readonly path: string | undefined;
  readonly items: readonly Candidate[];
}

/** Recordings cut from one file are decoded again after so many, so that what waits to be written stays bounded. */
const mostItems = 1000;

/** Seconds by which a part may end after its file, as in Kaldi's extract-segments: times are rounded. */
const overshoot = 0.5;

const pathOf = (candidate: Candidate): string | undefined => ('problem' in candidate ? undefined : candidate.path);

/** Runs of neighbours with the same file; the order stays. */
export async function* bySource(candidates: Iterable<Candidate> | AsyncIterable<Candidate>): AsyncGenerator<Source> {
  let items: Candidate[] = [];
  let path: string | undefined;
  for await (const candidate of candidates) {
    const next = pathOf(candidate);
    if (items.length > 0 && (next === undefined || next !== path || items.length === mostItems)) {
      yield { path, items };
      items = [];
    }
    items.push(candidate);
    path = next;
  }
  if (items.length > 0) yield { path, items };
}

/** The part of a decoded file that a recording is, or why there is none. @param part seconds; the whole file where none are given */
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
