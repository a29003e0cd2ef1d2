// Candidates that are parts of one file, gathered so that the file is decoded once; and one such part, cut out of it.
import type { Candidate } from './layouts.js';
import { sampleRate, samplesOf } from '../core/time.js';
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
/** By so much a file's length may differ from its manifest's without a word: codecs pad, tables round. */
const padding = 0.1;
/** A file that differs by more than this and a share of its length is another file, or times mean something else. */
const anotherFile = { seconds: 0.25, share: 0.01 };

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

/** Times in seconds; the whole file where neither start nor end is given. */
export interface Part {
  readonly start?: number;
  readonly end?: number;
  /** What the manifest says that the whole file lasts. */
  readonly fileSeconds?: number;
}

/** The part of a decoded file that a recording is, or why there is none. */
export function cut(decoded: GridAudio, part: Part): GridAudio | string {
  const audio = held(decoded, part.fileSeconds);
  if (typeof audio === 'string' || (part.start === undefined && part.end === undefined)) return audio;
  const length = audio.samples.length;
  const start = samplesOf(part.start ?? 0);
  const end = part.end === undefined ? length : samplesOf(part.end);
  const file = `${(length / sampleRate).toFixed(2)} s`;
  if (start < 0 || end <= start) return `it would last from ${part.start} s to ${part.end} s`;
  if (start >= length) return `it begins at ${part.start} s, but its file lasts ${file}`;
  if (end > length + overshoot * sampleRate) return `it ends at ${part.end} s, but its file lasts ${file}`;
  return { ...audio, samples: audio.samples.slice(start, Math.min(end, length)) };
}

/** The file as its manifest describes it, with a note where the lengths differ, or why it is not that file. */
function held(audio: GridAudio, expected: number | undefined): GridAudio | string {
  // A damaged file is shorter and has been named for it.
  if (expected === undefined || audio.warning !== undefined) return audio;
  const seconds = audio.samples.length / sampleRate;
  const off = Math.abs(seconds - expected);
  if (off <= padding) return audio;
  const shown = (length: number): string => `${Number(length.toFixed(3))} s`;
  const lengths = `${shown(expected)} long by its manifest, and ${shown(seconds)} by its file`;
  if (off > anotherFile.seconds + anotherFile.share * expected)
    return `it is ${lengths}: correct the manifest, or the file that it names`;
  const note = `sound is ${lengths}`;
  return { ...audio, note: audio.note === undefined ? note : `${audio.note}; its ${note}` };
}
