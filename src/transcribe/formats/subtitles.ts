// Subtitles: tokens grouped into cues that can be read (a pause, a full line or seven seconds end one), as SubRip and
// as WebVTT (https://www.w3.org/TR/webvtt1/).
import { tokensOf, type Token, type Transcript } from '../transcript.js';

/** Common practice for subtitles: two lines of 42 characters, at most seven seconds. */
const mostCharacters = 84;
const mostSeconds = 7;
/** Seconds of silence that separate cues. */
const pause = 0.6;

export interface Cue {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Cues in order; none overlaps the next. */
export function cuesOf(tokens: readonly Token[]): Cue[] {
  const cues: Cue[] = [];
  for (const { text, start, end } of tokens) {
    const last = cues.at(-1);
    const fits =
      last &&
      start - last.end < pause &&
      end - last.start <= mostSeconds &&
      last.text.length + 1 + text.length <= mostCharacters;
    if (fits) cues[cues.length - 1] = { start: last.start, end, text: `${last.text} ${text}` };
    else cues.push({ start, end, text });
  }
  return cues;
}

export function srt(transcript: Transcript): string {
  return cuesOf(tokensOf(transcript))
    .map(({ start, end, text }, i) => `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${twoLines(text)}\n\n`)
    .join('');
}

export function vtt(transcript: Transcript): string {
  const cues = cuesOf(tokensOf(transcript)).map(
    ({ start, end, text }) => `${clock(start, '.')} --> ${clock(end, '.')}\n${escaped(twoLines(text))}\n\n`,
  );
  return `WEBVTT\n\n${cues.join('')}`;
}

/** hh:mm:ss and milliseconds. */
function clock(seconds: number, point: string): string {
  const all = Math.round(seconds * 1000);
  const part = (divisor: number, modulus: number, digits: number): string =>
    String(Math.floor(all / divisor) % modulus).padStart(digits, '0');
  return `${part(3_600_000, Infinity, 2)}:${part(60_000, 60, 2)}:${part(1000, 60, 2)}${point}${part(1, 1000, 3)}`;
}

/** Broken at the space nearest to the middle when it is too long for one line. */
function twoLines(text: string): string {
  if (text.length <= mostCharacters / 2) return text;
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index);
  if (spaces.length === 0) return text;
  const at = spaces.reduce((best, index) => (Math.abs(index - middle) < Math.abs(best - middle) ? index : best));
  return `${text.slice(0, at)}\n${text.slice(at + 1)}`;
}

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
